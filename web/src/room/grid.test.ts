// Tiles are as large as their box allows.
import { expect, it } from "vitest";
import { bestGrid } from "./grid";

it.each([
  [1, 1400, 760, 1],
  [2, 1400, 760, 2],
  [4, 1400, 760, 2],
  [9, 1400, 760, 3],
  [2, 370, 680, 1],
  [6, 370, 680, 2],
])("lays %i tiles into %i x %i with %i columns", (count, width, height, columns) => {
  expect(bestGrid(count, width, height, 10).columns).toBe(columns);
});

it.each([
  [1260, 660],
  [1420, 760],
  [1240, 900],
  [900, 1200],
  [740, 420],
])("has two people fill four fifths of %i x %i", (width, height) => {
  const tile = bestGrid(2, width, height, 10);
  expect((2 * tile.width * tile.height) / (width * height)).toBeGreaterThan(0.8);
});

it("never leaves the box", () => {
  for (let count = 1; count <= 40; count++) {
    const { columns, width, height } = bestGrid(count, 1000, 600, 10);
    const rows = Math.ceil(count / columns);
    expect(columns * width + (columns - 1) * 10).toBeLessThanOrEqual(1000);
    expect(rows * height + (rows - 1) * 10).toBeLessThanOrEqual(600);
  }
});

it("survives a box without size", () => {
  expect(bestGrid(3, 0, 0, 10)).toEqual({ columns: 1, width: 0, height: 0 });
});
