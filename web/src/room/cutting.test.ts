import { expect, it } from "vitest";
import { asked, changesNothing, common, gaps, isWhole, keeps, lengthOf, moved, momentText, nothingElse, playedFrom, readMoment, split, tidied, without } from "./cutting";

const extent = { from: -5, to: 70 };
const span = (start: number, end: number) => ({ start, end });

it("joins what touches, and keeps within what was recorded", () => {
  expect(tidied([span(40, 90), span(-9, 2), span(2, 10), span(20, 20.01)], extent)).toEqual([span(-5, 10), span(40, 70)]);
});

it("takes away, and says what is left and what is not", () => {
  expect(without([span(0, 60)], span(10, 20))).toEqual([span(0, 10), span(20, 60)]);
  expect(without([span(0, 10)], span(-1, 30))).toEqual([]);
  expect(gaps([span(0, 10), span(20, 60)], extent)).toEqual([span(-5, 0), span(10, 20), span(60, 70)]);
  expect(common([span(0, 10), span(20, 60)], [span(5, 25)])).toEqual([span(5, 10), span(20, 25)]);
  expect(lengthOf([span(0, 10), span(20, 60)])).toBe(50);
  expect(keeps([span(0, 10)], 10)).toBe(false);
});

it("moves an edge as far as its neighbours and the recording let it", () => {
  const parts = [span(0, 10), span(20, 60)];
  expect(moved(parts, 0, "start", -20, extent)).toEqual([span(-5, 10), span(20, 60)]);
  expect(moved(parts, 0, "end", 30, extent)).toEqual([span(0, 20), span(20, 60)]);
  expect(moved(parts, 1, "end", 3, extent)).toEqual([span(0, 10), span(20, 20.1)]);
});

it("splits where a part is, and nowhere else", () => {
  expect(split([span(0, 10), span(20, 60)], 30)).toEqual([span(0, 10), span(20, 30), span(30, 60)]);
  expect(split([span(0, 10)], 15)).toEqual([span(0, 10)]);
});

it("plays what is kept and jumps over the rest", () => {
  const parts = [span(-2, 10), span(20, 60)];
  expect(playedFrom(parts, 4)).toBe(4);
  expect(playedFrom(parts, 12)).toBe(20);
  expect(playedFrom(parts, 60)).toBeNull();
});

it("reads times as it writes them", () => {
  for (const at of [0, 9.9, 62.5, 3725.1, -3.2]) expect(readMoment(momentText(at))).toBeCloseTo(at, 5);
  expect(momentText(-0.01)).toBe("0:00.0");
  expect(momentText(59.96)).toBe("1:00.0");
  expect(readMoment("1:02,5")).toBe(62.5);
  expect(readMoment("soon")).toBeNull();
});

it("asks for what is otherwise, and for nothing else", () => {
  expect(isWhole([span(0, 60)], 60)).toBe(true);
  expect(changesNothing([span(0, 60)], 60, { ...nothingElse, name: "Again" })).toBe(true);
  expect(asked([span(0, 60)], 60, { ...nothingElse, layout: "pip", screenshareType: "pip" })).toEqual({ layout: "pip" });
  expect(asked([span(-2, 6)], 60, { ...nothingElse, name: " Why " })).toEqual({ name: "Why", from: -2, to: 6 });
  const wishes = { ...nothingElse, layout: "bestFit", screenshareType: "pip", rate: 25, resolution: "640x480", rules: { overlap: 1 } } as const;
  expect(asked([span(0, 6), span(8, 9)], 60, wishes)).toEqual({
    layout: "bestFit",
    screenshareType: "pip",
    rate: 25,
    resolution: "640x480",
    rules: { overlap: 1 },
    ranges: [
      { from: 0, to: 6 },
      { from: 8, to: 9 },
    ],
  });
});
