// Where a new film is cut from the one that is shown: what it keeps, how it looks, a preview, and its order.
import { useEffect, useRef, useState } from "react";
import { messageOf, recutArchive } from "../../api/client";
import type { Archive, Timeline } from "../../api/types";
import { asked, changesNothing, isWhole, lengthOf, momentText, nothingElse, split } from "../../room/cutting";
import { focusOf } from "../../room/keys";
import type { Span } from "../../room/timeline";
import { texts } from "../../texts";
import { Icon } from "../Icon";
import { useFilmTime, type Player } from "../useFilm";
import { CutParts, endHere, startHere } from "./CutParts";
import { CutStrip, type Dragging } from "./CutStrip";
import { CutWishes } from "./CutWishes";
import type { Cutting } from "./useCutting";
import { usePreview } from "./usePreview";
import "./Cutter.css";

interface CutterProps {
  archive: Archive;
  cutting: Cutting;
  player: Player;
  timeline: Timeline | null;
  onMade: (film: Archive) => void;
  onClose: () => void;
}

const DRAGGINGS: readonly Dragging[] = ["keep", "leaveOut"];
const MOST_ZOOM = 32;
/** Silences that are longer are left out by one click (s). */
const LONG = 2;

export default function Cutter({ archive, cutting, player, timeline, onMade, onClose }: CutterProps) {
  const t = texts.cutting;
  const { parts, length, extent, said, busy, undo, set, tidy } = cutting;
  const [dragging, setDragging] = useState<Dragging>("keep");
  const [zoom, setZoom] = useState(1);
  const [wishes, setWishes] = useState(nothingElse);
  const [ordered, setOrdered] = useState(false);
  const [refused, setRefused] = useState("");
  const preview = usePreview(player);
  const heading = useRef<HTMLHeadingElement>(null);
  useCutKeys(cutting, player);
  // Whoever has opened it goes on here with the keyboard.
  useEffect(() => heading.current?.focus(), []);

  const words = archive.transcript?.status === "available";
  const same = changesNothing(parts, length, wishes);
  const beyond = extent.from < -0.05 || extent.to > length + 0.05;
  const make = () => {
    setOrdered(true);
    setRefused("");
    recutArchive(archive.id, asked(parts, length, wishes), cutting.secret).then(onMade, (error: unknown) => {
      setRefused(messageOf(error));
      setOrdered(false);
    });
  };
  return (
    <section className="cutter" aria-labelledby="cutter" aria-busy={busy} data-testid="cutter">
      <header className="cutter-head">
        <div>
          <h2 id="cutter" ref={heading} tabIndex={-1}>
            {t.title}
          </h2>
          <p>{t.lead}</p>
        </div>
        <button type="button" className="round" aria-label={t.close} title={t.close} data-testid="cut-close" onClick={onClose}>
          <Icon name="close" size={20} />
        </button>
      </header>
      <div className="cutter-bar">
        <fieldset className="cut-dragging">
          <legend className="unseen">{t.dragging}</legend>
          {DRAGGINGS.map((each) => (
            <label key={each}>
              <input type="radio" name="dragging" checked={each === dragging} data-testid={`dragging-${each}`} onChange={() => setDragging(each)} />
              <span>{t[each]}</span>
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          className="button button-small"
          disabled={busy}
          data-testid="tidy"
          onClick={() => tidy({ fillers: words, pauses: LONG })}
        >
          <Icon name="silence" size={18} />
          {words ? t.tidy(String(LONG)) : t.tidyPauses(String(LONG))}
        </button>
        <span className="cutter-space" />
        <Round name="wider" label={t.wider} disabled={zoom === 1} onClick={() => setZoom(zoom / 2)} />
        <Round name="closer" label={t.closer} disabled={zoom === MOST_ZOOM} onClick={() => setZoom(zoom * 2)} />
        <Round name="undo" label={t.undo} disabled={!undo} testId="cut-undo" onClick={() => undo?.()} />
        <button
          type="button"
          className="button button-small"
          disabled={isWhole(parts, length)}
          data-testid="cut-whole"
          onClick={() => set([{ start: 0, end: length }])}
        >
          {t.whole}
        </button>
      </div>
      <CutStrip cutting={cutting} player={player} timeline={timeline} thumbnails={archive.thumbnailsUrl} dragging={dragging} zoom={zoom} />
      <p className="cutter-length" role="status" data-testid="cut-length">
        {t.length(momentText(lengthOf(parts)), momentText(length))} {said}
      </p>
      {beyond && (
        <p className="cutter-reach" data-testid="cut-reach">
          {[
            extent.from < -0.05 && `${t.before(momentText(-extent.from))}. `,
            extent.to > length + 0.05 && `${t.after(momentText(extent.to - length))}. `,
            t.beyond,
          ].filter(Boolean)}
        </p>
      )}
      <div className="cutter-more">
        <CutParts cutting={cutting} player={player} onPlay={(part) => preview.play([part])} />
        <CutWishes wishes={wishes} name={archive.name} onWish={setWishes} />
      </div>
      {refused && (
        <p className="archive-reason" role="alert" data-testid="cut-refused">
          {refused}
        </p>
      )}
      <footer className="cutter-foot">
        <button type="button" className="button" data-testid="cut-preview" aria-pressed={preview.playing} onClick={() => (preview.playing ? preview.stop() : preview.play(parts))}>
          <Icon name={preview.playing ? "pause" : "play"} size={18} />
          {preview.playing ? t.stop : t.preview}
        </button>
        <button type="button" className="button button-main" disabled={ordered || same} data-testid="cut-make" onClick={make}>
          <Icon name="cut" size={18} />
          {t.make}
        </button>
        <p>{preview.playing ? <Previewed parts={parts} player={player} /> : same && t.same}</p>
      </footer>
    </section>
  );
}

function Previewed({ parts, player }: { parts: readonly Span[]; player: Player }) {
  const now = useFilmTime(player);
  const seen = parts.map(({ start, end }) => ({ start, end: Math.min(end, Math.max(start, now)) }));
  return <span data-testid="cut-previewed">{texts.cutting.previewed(momentText(lengthOf(seen)), momentText(lengthOf(parts)))}</span>;
}

interface RoundProps {
  name: "wider" | "closer" | "undo";
  label: string;
  disabled: boolean;
  testId?: string;
  onClick: () => void;
}

function Round({ name, label, disabled, testId = name, onClick }: RoundProps) {
  return (
    <button type="button" className="round" aria-label={label} title={label} disabled={disabled} data-testid={testId} onClick={onClick}>
      <Icon name={name} size={20} />
    </button>
  );
}

/** Where the film is becomes a start, an end, or two parts; what was done last is undone. */
function useCutKeys(cutting: Cutting, player: Player): void {
  const latest = useRef(cutting);
  useEffect(() => {
    latest.current = cutting;
  });
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || focusOf(document.activeElement) === "text" || document.querySelector("dialog[open], [role=menu]")) return;
      const { ctrlKey, metaKey, altKey, key } = event;
      const { parts, undo, set } = latest.current;
      const now = player.current?.currentTime ?? 0;
      if ((ctrlKey || metaKey) && key.toLowerCase() === "z") undo?.();
      else if (ctrlKey || metaKey || altKey) return;
      else if (key === "i") set(startHere(latest.current, now));
      else if (key === "o") set(endHere(latest.current, now));
      else if (key === "x") set(split(parts, now));
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [player]);
}
