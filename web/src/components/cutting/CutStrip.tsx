// The film as a strip of pictures and lanes, over which somebody drags what is kept; its edges are moved by keys, too.
import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Timeline } from "../../api/types";
import { gaps, isWhole, limits, moved, momentText, tidied, without, type Edge } from "../../room/cutting";
import { at, parseThumbnails } from "../../room/player";
import { lanesOf, type Span } from "../../room/timeline";
import { texts } from "../../texts";
import { useText } from "../film/useText";
import { show, useFilmTime, type Player } from "../useFilm";
import type { Cutting } from "./useCutting";
import "./CutStrip.css";

/** What dragging over the film does. */
export type Dragging = "keep" | "leaveOut";

interface CutStripProps {
  cutting: Cutting;
  player: Player;
  timeline: Timeline | null;
  thumbnails: string | null;
  dragging: Dragging;
  /** How many times as wide as what is seen. */
  zoom: number;
}

const FIRST_HUE = 210;
const GOLDEN_ANGLE = 137.5;
const PICTURES = 12;
/** A press that moves less is a click (px). */
const CLICK = 5;

interface Held {
  n: number;
  edge: Edge;
  at: number;
}

interface Drag {
  from: number;
  to: number;
  x: number;
  far: boolean;
}

export function CutStrip({ cutting, player, timeline, thumbnails, dragging, zoom }: CutStripProps) {
  const t = texts.cutting;
  const { extent, parts, length } = cutting;
  const whole = extent.to - extent.from || 1;
  const line = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [held, setHeld] = useState<Held | null>(null);
  // An edge that is held is shown where it is, and left there once it is let go.
  const shown = held ? moved(parts, held.n, held.edge, held.at, extent) : parts;
  const now = useFilmTime(player);
  const place = (seconds: number) => `${(100 * (Math.min(Math.max(seconds, extent.from), extent.to) - extent.from)) / whole}%`;
  const wide = ({ start, end }: Span) => ({ left: place(start), width: `${(100 * (end - start)) / whole}%` });
  const momentAt = (x: number) => {
    const { left, width } = line.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return extent.from + Math.min(1, Math.max(0, (x - left) / width)) * whole;
  };
  const dragged: Span | null = drag?.far ? { start: Math.min(drag.from, drag.to), end: Math.max(drag.from, drag.to) } : null;

  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const from = momentAt(event.clientX);
    setDrag({ from, to: from, x: event.clientX, far: false });
  };
  const move = (event: PointerEvent) => {
    if (!drag) return;
    const to = momentAt(event.clientX);
    const far = drag.far || Math.abs(event.clientX - drag.x) > CLICK;
    setDrag({ ...drag, to, far });
    if (far) show(player, to);
  };
  const release = () => {
    setDrag(null);
    if (!drag) return;
    if (!dragged) return show(player, drag.from);
    if (dragging === "leaveOut") return cutting.set(without(parts, dragged));
    cutting.set(tidied(isWhole(parts, length) ? [dragged] : [...parts, dragged], extent));
  };
  return (
    // Films run from left to right in every language.
    <div className="strip-scroll" dir="ltr" role="group" aria-label={t.strip}>
      <div className="strip" style={{ width: `${100 * zoom}%` }} data-testid="strip">
        <Ruler cutting={cutting} zoom={zoom} onGo={(x) => show(player, momentAt(x))} />
        <div
          ref={line}
          className="strip-line"
          data-dragging={dragging}
          data-testid="strip-line"
          onPointerDown={press}
          onPointerMove={move}
          onPointerUp={release}
          onPointerCancel={() => setDrag(null)}
        >
          <Pictures cutting={cutting} thumbnails={thumbnails} zoom={zoom} />
          {timeline && <Lanes cutting={cutting} timeline={timeline} />}
          {extent.from < -0.05 && <span className="strip-beyond" style={wide({ start: extent.from, end: 0 })} />}
          {extent.to > length + 0.05 && <span className="strip-beyond" style={wide({ start: length, end: extent.to })} />}
          {gaps(shown, extent).map((gap) => (
            <span key={gap.start} className="strip-gone" style={wide(gap)} />
          ))}
          {dragged && (
            <span className={dragging === "keep" ? "strip-drag" : "strip-drag strip-drop"} style={wide(dragged)}>
              <span className="strip-tip">
                {momentText(dragged.start)} – {momentText(dragged.end)}
              </span>
            </span>
          )}
          <span className="strip-now" style={{ left: place(now) }} />
        </div>
        {shown.map((part, n) => (
          <span key={n} className="strip-part" style={wide(part)} data-testid="strip-part">
            {(["start", "end"] as const).map((edge) => (
              <Handle
                key={edge}
                cutting={cutting}
                n={n}
                edge={edge}
                value={part[edge]}
                held={held?.n === n && held.edge === edge}
                onHold={(x) => {
                  const to = x === null ? part[edge] : momentAt(x);
                  setHeld({ n, edge, at: to });
                  if (x !== null) show(player, to);
                }}
                onLeft={(stays) => {
                  setHeld(null);
                  if (stays && part[edge] !== parts[n]?.[edge]) cutting.set(shown);
                }}
                onMove={(to) => {
                  cutting.set(moved(parts, n, edge, to, extent));
                  show(player, to);
                }}
              />
            ))}
          </span>
        ))}
      </div>
    </div>
  );
}

interface HandleProps {
  cutting: Cutting;
  n: number;
  edge: Edge;
  value: number;
  held: boolean;
  /** By a pointer; null where it was pressed. */
  onHold: (x: number | null) => void;
  onLeft: (stays: boolean) => void;
  onMove: (seconds: number) => void;
}

function Handle({ cutting: { parts, extent, set }, n, edge, value, held, onHold, onLeft, onMove }: HandleProps) {
  const t = texts.cutting;
  const [least, most] = limits(parts, n, edge, extent);
  const walk = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 0.1 : 1;
    const ways: Partial<Record<string, number>> = {
      ArrowLeft: value - step,
      ArrowDown: value - step,
      ArrowRight: value + step,
      ArrowUp: value + step,
      PageDown: value - 10,
      PageUp: value + 10,
      Home: least,
      End: most,
    };
    const to = ways[event.key];
    if (to !== undefined) onMove(Math.min(most, Math.max(least, to)));
    else if (event.key === "Delete" || event.key === "Backspace") set(parts.filter((_, number) => number !== n));
    else return;
    event.preventDefault();
  };
  const press = (event: PointerEvent<HTMLSpanElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    onHold(null);
  };
  const tenths = (seconds: number) => Math.round(seconds * 10) / 10;
  return (
    <span
      className={`strip-handle strip-${edge}`}
      role="slider"
      tabIndex={0}
      aria-label={edge === "start" ? t.startOf(n + 1) : t.endOf(n + 1)}
      aria-valuemin={tenths(least)}
      aria-valuemax={tenths(most)}
      aria-valuenow={tenths(value)}
      aria-valuetext={momentText(value)}
      data-testid={`strip-${edge}`}
      onKeyDown={walk}
      onPointerDown={press}
      onPointerMove={({ clientX }) => held && onHold(clientX)}
      onPointerUp={() => held && onLeft(true)}
      onPointerCancel={() => onLeft(false)}
    >
      {held && <span className="strip-tip">{momentText(value)}</span>}
    </span>
  );
}

const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** Its times; it is not dragged over, so that a finger can move the strip by it. */
function Ruler({ cutting: { extent, length }, zoom, onGo }: { cutting: Cutting; zoom: number; onGo: (x: number) => void }) {
  const whole = extent.to - extent.from || 1;
  const step = TICKS.find((each) => whole / each <= 6 * zoom) ?? 3600;
  const ticks = Array.from({ length: Math.floor(length / step) + 1 }, (_, n) => n * step).filter((tick) => (extent.to - tick) / whole > 0.05 / zoom || tick === 0);
  return (
    <div className="strip-ruler" onClick={({ clientX }) => onGo(clientX)}>
      {ticks.map((tick) => (
        <span key={tick} style={{ left: `${(100 * (tick - extent.from)) / whole}%` }}>
          {momentText(tick).replace(/\.0$/, "")}
        </span>
      ))}
    </div>
  );
}

function Pictures({ cutting: { extent, length }, thumbnails, zoom }: { cutting: Cutting; thumbnails: string | null; zoom: number }) {
  const vtt = useText(thumbnails, true);
  const found = useMemo(() => parseThumbnails(vtt ?? ""), [vtt]);
  const whole = extent.to - extent.from || 1;
  const count = PICTURES * zoom;
  if (found.length === 0) return <div className="strip-pictures" />;
  return (
    <div className="strip-pictures" aria-hidden="true">
      {Array.from({ length: count }, (_, n) => {
        const moment = extent.from + ((n + 0.5) * whole) / count;
        const picture = moment >= 0 && moment <= length ? at(found, moment) : undefined;
        if (!picture) return <span key={n} />;
        const { url, x, y, width, height } = picture;
        return (
          <span key={n}>
            <svg viewBox={`${x} ${y} ${width} ${height}`} preserveAspectRatio="xMidYMid slice">
                  <image href={url} />
            </svg>
          </span>
        );
      })}
    </div>
  );
}

const unnamed = (n: number) => `${texts.call.guest} ${n}`;

function Lanes({ cutting: { extent }, timeline }: { cutting: Cutting; timeline: Timeline }) {
  const lanes = useMemo(() => lanesOf(timeline, unnamed), [timeline]);
  const whole = extent.to - extent.from || 1;
  return (
    <div className="strip-lanes" aria-hidden="true">
      {lanes.map((lane, n) => (
        <div key={lane.participant} className="strip-lane" style={{ "--hue": (FIRST_HUE + n * GOLDEN_ANGLE) % 360 }}>
          {lane.spans.map(({ start, end }) => (
            <span key={start} style={{ left: `${(100 * (start - extent.from)) / whole}%`, width: `${(100 * (end - start)) / whole}%` }} />
          ))}
          <b dir="auto">{lane.name}</b>
        </div>
      ))}
    </div>
  );
}
