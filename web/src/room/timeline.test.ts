// A timeline as the server tells it, and what is shown of it.
import { expect, it } from "vitest";
import type { Timeline } from "../api/types";
import { chaptersOf, lanesOf, parseTimeline } from "./timeline";

/** `a 0-5 b 5-9`: who is on screen from second to second. */
function timeline(story: string): Timeline {
  const words = story.split(" ");
  const shots = [];
  for (let n = 0; n < words.length; n += 2) {
    const [from = 0, to = 0] = (words[n + 1] ?? "").split("-").map(Number);
    const who = words[n] ?? "";
    const participant = who === "-" ? "" : who;
    shots.push({ start: 7e6 + from * 1e6, end: 7e6 + to * 1e6, participant, name: participant.toUpperCase(), showing: "camera" });
  }
  return { start: 7e6, end: shots.at(-1)?.end ?? 7e6, shots };
}
const told = (story: string) => chaptersOf(timeline(story), String).map(({ name, start, end }) => `${name ?? "-"} ${start}-${end}`);

it("is nothing when it is none", () => {
  expect([null, {}, { start: 0, end: 0, shots: [] }, { start: 0, end: 1, shots: [{}] }].map(parseTimeline)).toEqual([null, null, null, null]);
  expect(parseTimeline(timeline("a 0-5"))?.shots).toHaveLength(1);
});

it("gives each person a lane, in the order of appearance", () => {
  expect(lanesOf(timeline("b 0-5 a 5-9 b 9-12 - 12-13"), String)).toEqual([
    { participant: "b", name: "B", spans: [{ start: 0, end: 5 }, { start: 9, end: 12 }] },
    { participant: "a", name: "A", spans: [{ start: 5, end: 9 }] },
  ]);
});

it("numbers whoever has no name", () => {
  const nameless = timeline("a 0-5 b 5-9");
  nameless.shots.forEach((shot) => (shot.name = null));
  expect(lanesOf(nameless, (n) => `Guest ${n}`).map(({ name }) => name)).toEqual(["Guest 1", "Guest 2"]);
});

it("makes a chapter of each longer stretch", () => {
  expect(told("a 0-10 b 10-20 b 20-24 a 24-40")).toEqual(["A 0-10", "B 10-24", "A 24-40"]);
});

it("has no chapters of a second", () => {
  expect(told("a 0-10 b 10-11 c 11-30 a 30-31")).toEqual(["A 0-10", "C 10-31"]);
});
