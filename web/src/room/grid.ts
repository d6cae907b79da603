// How many columns make the tiles of a grid as large as they can be.

export interface Grid {
  columns: number;
  /** Pixels of one tile. */
  width: number;
  height: number;
}

const RATIO = 16 / 9;

/** How narrow a tile may be for its height, where that fills the box: head and shoulders still fit. */
const SQUAREST = 0.8;

/** The best grid for `count` tiles of 16:9 in a box; on narrow boxes, and for two people, tiles may be squarer. */
export function bestGrid(count: number, boxWidth: number, boxHeight: number, gap: number): Grid {
  let best: Grid = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = Math.max(0, (boxWidth - gap * (columns - 1)) / columns);
    const cellHeight = Math.max(0, (boxHeight - gap * (rows - 1)) / rows);
    const squarest = boxWidth < 560 || count === 2 ? SQUAREST : RATIO;
    const ratio = Math.min(RATIO, Math.max(squarest, cellWidth / (cellHeight || 1)));
    const width = Math.min(cellWidth, cellHeight * ratio);
    const height = width / ratio;
    if (width * height > best.width * best.height) {
      best = { columns, width: Math.floor(width), height: Math.floor(height) };
    }
  }
  return best;
}
