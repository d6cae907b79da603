// What a layout looks like, in a few boxes.
import type { Layout } from "../api/types";

type Box = [x: number, y: number, width: number, height: number];

/** In a frame of 48 by 27; the first one is the large one. */
const boxes: Record<Layout, Box[]> = {
  "active-speaker": [[0, 0, 48, 27]],
  bestFit: [
    [0, 0, 23, 12.5],
    [25, 0, 23, 12.5],
    [0, 14.5, 23, 12.5],
    [25, 14.5, 23, 12.5],
  ],
  pip: [
    [0, 0, 48, 27],
    [33, 3, 12, 7],
  ],
  verticalPresentation: [
    [12, 0, 36, 27],
    [0, 0, 10, 7.5],
    [0, 9.5, 10, 7.5],
    [0, 19, 10, 7.5],
  ],
  horizontalPresentation: [
    [0, 0, 48, 18.5],
    [0, 20.5, 11, 6.5],
    [12.5, 20.5, 11, 6.5],
    [25, 20.5, 11, 6.5],
  ],
};

export function LayoutDrawing({ layout }: { layout: Layout }) {
  return (
    <svg className="layout-drawing" viewBox="0 0 48 27" width="48" height="27" aria-hidden="true">
      {boxes[layout].map(([x, y, width, height], n) => (
        <rect key={n} x={x} y={y} width={width} height={height} rx="2" className={n === 0 && layout !== "bestFit" ? "layout-large" : undefined} />
      ))}
    </svg>
  );
}
