// What a new film keeps, part by part: times to be written, each part to be played or left out.
import { useState } from "react";
import { momentText, moved, readMoment, split, tidied, type Edge } from "../../room/cutting";
import type { Span } from "../../room/timeline";
import { texts } from "../../texts";
import { Icon } from "../Icon";
import { useFilmTime, type Player } from "../useFilm";
import type { Cutting } from "./useCutting";

interface CutPartsProps {
  cutting: Cutting;
  player: Player;
  onPlay: (part: Span) => void;
}

/** More are seen on the strip alone. */
const MOST_SHOWN = 60;

export function CutParts({ cutting, player, onPlay }: CutPartsProps) {
  const t = texts.cutting;
  const { parts, set } = cutting;
  const now = useFilmTime(player);
  return (
    <section className="cut-parts" aria-labelledby="cut-parts">
      <h3 id="cut-parts">
        {t.parts} ({parts.length})
      </h3>
      <ol>
        {parts.slice(0, MOST_SHOWN).map((part, n) => (
          <li key={n} data-testid="part">
            <span className="cut-number" aria-hidden="true">
              {n + 1}
            </span>
            <Moment cutting={cutting} n={n} edge="start" />
            <span aria-hidden="true">–</span>
            <Moment cutting={cutting} n={n} edge="end" />
            <button type="button" className="round" aria-label={t.playPart(n + 1)} title={t.playPart(n + 1)} onClick={() => onPlay(part)}>
              <Icon name="play" size={18} />
            </button>
            {parts.length > 1 && (
              <button
                type="button"
                className="round"
                aria-label={t.dropPart(n + 1)}
                title={t.dropPart(n + 1)}
                data-testid="part-drop"
                onClick={() => set(parts.filter((_, number) => number !== n))}
              >
                <Icon name="remove" size={18} />
              </button>
            )}
          </li>
        ))}
        {parts.length > MOST_SHOWN && <li>…</li>}
      </ol>
      <div className="cut-here">
        <button type="button" className="button button-small" data-testid="start-here" onClick={() => set(startHere(cutting, now))}>
          {t.startHere}
        </button>
        <button type="button" className="button button-small" data-testid="end-here" onClick={() => set(endHere(cutting, now))}>
          {t.endHere}
        </button>
        <button type="button" className="button button-small" data-testid="split-here" onClick={() => set(split(parts, now))}>
          {t.splitHere}
        </button>
      </div>
    </section>
  );
}

/** The part at a moment begins there, or else the next one does. */
export function startHere({ parts, extent }: Cutting, now: number): readonly Span[] {
  const n = parts.findIndex(({ end }) => now < end - 0.1);
  return n < 0 ? tidied([...parts, { start: now, end: extent.to }], extent) : moved(parts, n, "start", now, extent);
}

/** The part at a moment ends there, or else the one before does. */
export function endHere({ parts, extent }: Cutting, now: number): readonly Span[] {
  const n = parts.findLastIndex(({ start }) => now > start + 0.1);
  return n < 0 ? tidied([{ start: extent.from, end: now }, ...parts], extent) : moved(parts, n, "end", now, extent);
}

function Moment({ cutting: { parts, extent, set }, n, edge }: { cutting: Cutting; n: number; edge: Edge }) {
  const t = texts.cutting;
  const value = parts[n]?.[edge] ?? 0;
  const [typed, setTyped] = useState<string | null>(null);
  const read = typed === null ? value : readMoment(typed);
  const take = () => {
    setTyped(null);
    if (read !== null && typed !== null && Math.abs(read - value) >= 0.05) set(moved(parts, n, edge, read, extent));
  };
  return (
    <input
      className="cut-moment"
      inputMode="decimal"
      value={typed ?? momentText(value)}
      aria-label={edge === "start" ? t.startOf(n + 1) : t.endOf(n + 1)}
      aria-invalid={read === null}
      title={read === null ? t.notTime : undefined}
      data-testid={`part-${edge}`}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={take}
      onKeyDown={({ key }) => {
        if (key === "Enter") take();
        if (key === "Escape") setTyped(null);
      }}
    />
  );
}
