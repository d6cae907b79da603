// Where each tile of a call lies: pure, so that a tile can glide from one place to the next.
import { bestGrid } from "./grid";

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Box {
  width: number;
  height: number;
}

export interface Seating {
  places: Map<string, Rect>;
  /** Where "5 more" stands, if not everybody has a place. */
  rest: Rect | null;
  hidden: number;
}

export const GAP = 10;
const NARROW = 760;
const MOST_IN_GRID = 25;

/** How many tiles a grid can hold before they get too small to be of use. */
export function gridCapacity({ width, height }: Box): number {
  return Math.max(1, Math.min(MOST_IN_GRID, Math.floor(width / 165) * Math.floor(height / 105)));
}

interface Strip extends Box {
  capacity: number;
  across: boolean;
}

/** The tiles beside (below, on narrow screens) the large one. */
function strip({ width, height }: Box): Strip {
  if (width < NARROW) {
    const tall = Math.min(84, Math.max(56, height * 0.14));
    const wide = tall;
    return { across: true, width: wide, height: tall, capacity: Math.floor((width + GAP) / (wide + GAP)) };
  }
  const wide = Math.min(260, Math.max(180, width * 0.17));
  const tall = (wide * 9) / 16;
  return { across: false, width: wide, height: tall, capacity: Math.floor((height + GAP) / (tall + GAP)) };
}

export function capacityOf(box: Box, large: boolean): number {
  return Math.max(1, large ? strip(box).capacity : gridCapacity(box));
}

/** Keeps everybody where they were; somebody who speaks unseen takes the place of the last who is silent. */
export function arrange(before: readonly string[], keys: readonly string[], capacity: number, speakers: readonly string[]): string[] {
  const order = [...before.filter((key) => keys.includes(key)), ...keys.filter((key) => !before.includes(key))];
  if (order.length <= capacity) return order;
  const seen = Math.max(1, capacity - 1); // one place says how many more there are
  for (const speaker of speakers) {
    const from = order.indexOf(speaker);
    if (from < seen) continue;
    for (let to = seen - 1; to > 0; to--) {
      const silent = order[to];
      if (silent === undefined || speakers.includes(silent)) continue;
      order[to] = speaker;
      order[from] = silent;
      break;
    }
  }
  return order;
}

/** The places of `order` in a box: all of one size, or `large` with the others beside it. */
export function seat(order: readonly string[], box: Box, large: string | null): Seating {
  const around = order.filter((key) => key !== large);
  const places = new Map<string, Rect>();
  if (large === null) return fill(places, around, box, gridCapacity(box), gridPlaces);
  if (around.length === 0) {
    places.set(large, { left: 0, top: 0, ...box });
    return { places, rest: null, hidden: 0 };
  }
  const { across, width, height, capacity } = strip(box);
  places.set(large, {
    left: 0,
    top: 0,
    width: across ? box.width : box.width - width - GAP,
    height: across ? box.height - height - GAP : box.height,
  });
  const beside = (n: number, count: number): Rect => {
    const start = across ? Math.max(0, (box.width - count * (width + GAP) + GAP) / 2) : 0;
    return across
      ? { left: start + n * (width + GAP), top: box.height - height, width, height }
      : { left: box.width - width, top: n * (height + GAP), width, height };
  };
  return fill(places, around, box, Math.max(1, capacity), (count) => Array.from({ length: count }, (_, n) => beside(n, count)));
}

function fill(
  places: Map<string, Rect>,
  keys: readonly string[],
  box: Box,
  capacity: number,
  placesOf: (count: number, box: Box) => Rect[],
): Seating {
  const everybody = keys.length <= capacity;
  const count = everybody ? keys.length : capacity;
  const free = placesOf(count, box);
  const shown = everybody ? keys : keys.slice(0, count - 1);
  shown.forEach((key, n) => {
    const place = free[n];
    if (place) places.set(key, place);
  });
  return { places, rest: everybody ? null : (free[count - 1] ?? null), hidden: keys.length - shown.length };
}

function gridPlaces(count: number, box: Box): Rect[] {
  const { columns, width, height } = bestGrid(count, box.width, box.height, GAP);
  const rows = Math.ceil(count / columns);
  const top = (box.height - rows * (height + GAP) + GAP) / 2;
  return Array.from({ length: count }, (_, n) => {
    const row = Math.floor(n / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = (box.width - inRow * (width + GAP) + GAP) / 2;
    return { left: left + (n % columns) * (width + GAP), top: top + row * (height + GAP), width, height };
  });
}
