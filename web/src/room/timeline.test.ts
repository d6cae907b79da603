// A timeline as the server tells it, and what is shown of it.
import { expect, it } from "vitest";
import type { Timeline } from "../api/types";
import { lanesOf, parseTimeline } from "./timeline";

/** `a 0-5 b 5-9`: who speaks from second to second; the film is 20 s long. */
function timeline(story: string, names: Record<string, string> = {}): Timeline {
  const words = story.split(" ");
  const turns = [];
  for (let n = 0; n < words.length; n += 2) {
    const [from = 0, to = 0] = (words[n + 1] ?? "").split("-").map(Number);
    turns.push({ start: 7e6 + from * 1e6, end: 7e6 + to * 1e6, participant: words[n] ?? "" });
  }
  return { start: 7e6, end: 27e6, turns, names };
}

it("is nothing when it is none", () => {
  expect([null, {}, { start: 0, end: 0, turns: [] }, { start: 0, end: 1 }].map(parseTimeline)).toEqual([null, null, null, null]);
  expect(parseTimeline({ start: 0, end: 1, turns: [{}] })?.turns).toEqual([]);
  expect(parseTimeline(timeline("a 0-5"))?.turns).toHaveLength(1);
});

it("gives each person a lane, in the order of their first words", () => {
  expect(lanesOf(timeline("b 0-5 a 4-9 b 9-12", { a: "Ann", b: "Ben" }), String)).toEqual([
    { participant: "b", name: "Ben", spans: [{ start: 0, end: 5 }, { start: 9, end: 12 }] },
    { participant: "a", name: "Ann", spans: [{ start: 4, end: 9 }] },
  ]);
});

it("numbers whoever has no name", () => {
  const lanes = lanesOf(timeline("a 0-5 b 5-9 c 9-10", { b: "Ben", c: "" }), (n) => `Guest ${n}`);
  expect(lanes.map(({ name }) => name)).toEqual(["Guest 1", "Ben", "Guest 2"]);
});
