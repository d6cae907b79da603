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

export const GAP = 10;
const NARROW = 760;
const PHONE = 560;
const MOST_IN_GRID = 16;
const MOST_ON_PHONE = 6;

/** How many tiles a grid can hold before they get too small to be of use. */
export function gridCapacity({ width, height }: Box): number {
  const most = width < PHONE ? MOST_ON_PHONE : MOST_IN_GRID;
  return Math.max(1, Math.min(most, Math.floor(width / 165) * Math.floor(height / 105)));
}

interface Strip extends Box {
  capacity: number;
  across: boolean;
}

/** The tiles beside (below, on narrow screens) the large one. */
function strip({ width, height }: Box): Strip {
  if (width < NARROW) {
    const tall = Math.min(84, Math.max(56, height * 0.14), height * 0.4);
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

/** Where the pages are turned, below the tiles. */
const PAGER = 48;

export interface Pages {
  /** Without the room for turning the pages, where there are several. */
  box: Box;
  /** How many tiles each has, beside the large one. */
  capacity: number;
  count: number;
}

/** On how many pages so many tiles fit, beside a `large` one or with none. */
export function pagesOf(tiles: number, box: Box, large: boolean): Pages {
  const whole = capacityOf(box, large);
  if (tiles <= whole) return { box, capacity: whole, count: 1 };
  const rest = { width: box.width, height: Math.max(0, box.height - PAGER) };
  const capacity = capacityOf(rest, large);
  return { box: rest, capacity, count: Math.ceil(tiles / capacity) };
}

/** Keeps everybody where they were; somebody who speaks unseen takes the place of the last on the page who is silent. */
export function arrange(before: readonly string[], keys: readonly string[], capacity: number, speakers: readonly string[], page = 0): string[] {
  const order = [...before.filter((key) => keys.includes(key)), ...keys.filter((key) => !before.includes(key))];
  const [first, end] = [page * capacity, Math.min((page + 1) * capacity, order.length)];
  // Who is first stays so, unless there is room for one only.
  const lowest = capacity > 1 ? Math.max(1, first) : first;
  for (const speaker of speakers) {
    const from = order.indexOf(speaker);
    if (from < 0 || (from >= first && from < end)) continue;
    for (let to = end - 1; to >= lowest; to--) {
      const silent = order[to];
      if (silent === undefined || speakers.includes(silent)) continue;
      order[to] = speaker;
      order[from] = silent;
      break;
    }
  }
  return order;
}

/** The places of those on a page, in its box: all of one size, or `large` with the others beside it. */
export function seat(page: readonly string[], box: Box, large: string | null): Map<string, Rect> {
  const around = page.filter((key) => key !== large);
  if (large === null) return new Map(gridPlaces(around.length, box).map((place, n) => [around[n] ?? "", place]));
  if (around.length === 0) return new Map([[large, { left: 0, top: 0, ...box }]]);
  const { across, width, height } = strip(box);
  const start = across ? Math.max(0, (box.width - around.length * (width + GAP) + GAP) / 2) : 0;
  const beside = (n: number): Rect =>
    across
      ? { left: start + n * (width + GAP), top: box.height - height, width, height }
      : { left: box.width - width, top: n * (height + GAP), width, height };
  const rest = { width: across ? box.width : box.width - width - GAP, height: across ? box.height - height - GAP : box.height };
  return new Map([[large, { left: 0, top: 0, ...rest }], ...around.map((key, n): [string, Rect] => [key, beside(n)])]);
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
