// Who sits where, as people come, speak and are made large.
import { expect, it } from "vitest";
import { arrange, seat, type Rect } from "./seating";

const desk = { width: 1200, height: 700 };
const phone = { width: 370, height: 600 };
const people = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`);
const inside = ({ left, top, width, height }: Rect, box: typeof desk) =>
  left >= -0.5 && top >= -0.5 && left + width <= box.width + 0.5 && top + height <= box.height + 0.5;
const apart = (a: Rect, b: Rect) =>
  a.left + a.width <= b.left || b.left + b.width <= a.left || a.top + a.height <= b.top || b.top + b.height <= a.top;

it.each([desk, phone])("puts everybody inside and nobody over another in %j", (box) => {
  for (const count of [1, 2, 3, 4, 7, 12, 40]) {
    for (const large of [null, "p0"]) {
      const { places, rest, hidden } = seat(people(count), box, large);
      const all = [...places.values(), ...(rest ? [rest] : [])];
      expect(places.size + hidden).toBe(count);
      expect(all.every((place) => inside(place, box))).toBe(true);
      expect(all.every((a, n) => all.slice(n + 1).every((b) => apart(a, b)))).toBe(true);
    }
  }
});

it("gives the large one most of the room", () => {
  const { places } = seat(people(4), desk, "p2");
  const { width = 0, height = 0 } = places.get("p2") ?? {};
  expect((width * height) / (desk.width * desk.height)).toBeGreaterThan(0.75);
});

it("gives one alone all of it", () => {
  expect(seat(["p0"], desk, "p0").places.get("p0")).toEqual({ left: 0, top: 0, ...desk });
});

it("keeps people where they were while others come and go", () => {
  expect(arrange(["b", "a"], ["a", "b", "c"], 9, [])).toEqual(["b", "a", "c"]);
  expect(arrange(["b", "a", "c"], ["a", "c"], 9, [])).toEqual(["a", "c"]);
});

it("shows who speaks unseen, in the place of somebody silent", () => {
  expect(arrange([], ["a", "b", "c", "d", "e"], 4, ["e"])).toEqual(["a", "b", "e", "d", "c"]);
  expect(arrange([], ["a", "b", "c", "d", "e"], 4, ["c", "e"])).toEqual(["a", "e", "c", "d", "b"]);
  expect(arrange([], ["a", "b", "c"], 4, ["c"])).toEqual(["a", "b", "c"]);
});
