// Who sits where, as people come, speak and are made large.
import { expect, it } from "vitest";
import { arrange, pagesOf, seat, type Rect } from "./seating";

const desk = { width: 1200, height: 700 };
const phone = { width: 370, height: 600 };
const people = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`);
const inside = ({ left, top, width, height }: Rect, box: typeof desk) =>
  left >= -0.5 && top >= -0.5 && left + width <= box.width + 0.5 && top + height <= box.height + 0.5;
const apart = (a: Rect, b: Rect) =>
  a.left + a.width <= b.left || b.left + b.width <= a.left || a.top + a.height <= b.top || b.top + b.height <= a.top;

it.each([desk, phone, { width: 310, height: 90 }])("puts everybody on some page inside, and nobody over another, in %j", (whole) => {
  for (const count of [1, 2, 3, 4, 7, 12, 17, 40]) {
    for (const large of [null, "p0"]) {
      const around = people(count).filter((key) => key !== large);
      const { box, capacity, count: pages } = pagesOf(around.length, whole, large !== null);
      const seen = new Set<string>();
      for (let page = 0; page < pages; page++) {
        const shown = around.slice(page * capacity, (page + 1) * capacity);
        const places = seat(large === null ? shown : [large, ...shown], box, large);
        const all = [...places.values()];
        for (const key of places.keys()) seen.add(key);
        expect(all.every((place) => inside(place, box))).toBe(true);
        expect(all.every((a, n) => all.slice(n + 1).every((b) => apart(a, b)))).toBe(true);
      }
      expect([...seen].sort()).toEqual(people(count).sort());
    }
  }
});

it("has a page for sixteen on a desk, and for six on a phone", () => {
  expect(pagesOf(16, desk, false).count).toBe(1);
  expect(pagesOf(17, desk, false)).toMatchObject({ count: 2, capacity: 16 });
  expect(pagesOf(6, phone, false).count).toBe(1);
  expect(pagesOf(13, phone, false)).toMatchObject({ count: 3, capacity: 6 });
});

it("gives the large one most of the room", () => {
  const places = seat(people(4), desk, "p2");
  const { width = 0, height = 0 } = places.get("p2") ?? {};
  expect((width * height) / (desk.width * desk.height)).toBeGreaterThan(0.75);
});

it("gives one alone all of it", () => {
  expect(seat(["p0"], desk, "p0").get("p0")).toEqual({ left: 0, top: 0, ...desk });
});

it("keeps people where they were while others come and go", () => {
  expect(arrange(["b", "a"], ["a", "b", "c"], 9, [])).toEqual(["b", "a", "c"]);
  expect(arrange(["b", "a", "c"], ["a", "c"], 9, [])).toEqual(["a", "c"]);
});

it("shows who speaks unseen, in the place of somebody silent", () => {
  expect(arrange([], ["a", "b", "c", "d", "e"], 3, ["e"])).toEqual(["a", "b", "e", "d", "c"]);
  expect(arrange([], ["a", "b", "c", "d", "e"], 3, ["c", "e"])).toEqual(["a", "e", "c", "d", "b"]);
  expect(arrange([], ["a", "b", "c"], 4, ["c"])).toEqual(["a", "b", "c"]);
  expect(arrange([], ["a", "b"], 1, ["b"])).toEqual(["b", "a"]);
});

it("brings who speaks onto the page that one looks at", () => {
  expect(arrange([], ["a", "b", "c", "d", "e"], 2, ["b"], 1)).toEqual(["a", "d", "c", "b", "e"]);
  expect(arrange([], ["a", "b", "c", "d", "e"], 2, ["a"], 2)).toEqual(["e", "b", "c", "d", "a"]);
});
