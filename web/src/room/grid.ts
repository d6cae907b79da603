// How many columns make the tiles of a grid as large as they can be.

export interface Grid {
  columns: number;
  /** Pixels of one tile. */
  width: number;
  height: number;
}

const RATIO = 16 / 9;

/** How narrow and how wide tiles may be: two fill the box, whatever its shape, and narrow boxes have squarer ones. */
function ratios(count: number, boxWidth: number): [narrowest: number, widest: number] {
  const narrow = boxWidth < 560;
  if (count === 2) return [narrow ? 0.75 : 1, 2];
  return [narrow ? 0.8 : RATIO, RATIO];
}

/** The best grid for `count` tiles of 16:9 in a box, or nearly so where that makes them larger. */
export function bestGrid(count: number, boxWidth: number, boxHeight: number, gap: number): Grid {
  const [narrowest, widest] = ratios(count, boxWidth);
  let best: Grid = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = Math.max(0, (boxWidth - gap * (columns - 1)) / columns);
    const cellHeight = Math.max(0, (boxHeight - gap * (rows - 1)) / rows);
    const ratio = Math.min(widest, Math.max(narrowest, cellWidth / (cellHeight || 1)));
    const width = Math.min(cellWidth, cellHeight * ratio);
    const height = width / ratio;
    if (width * height > best.width * best.height) {
      best = { columns, width: Math.floor(width), height: Math.floor(height) };
    }
  }
  return best;
}
