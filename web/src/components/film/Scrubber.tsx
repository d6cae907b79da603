// The line of a film's time: where it is, what has arrived, where chapters begin; over it, what is seen there.
import { useMemo, useState, type PointerEvent } from "react";
import { at, parseThumbnails, type Thumbnail } from "../../room/player";
import { clockText } from "../../room/recording";
import type { Chapter } from "../../room/timeline";
import { texts } from "../../texts";
import { useFilmTime, type Player } from "../useFilm";
import { useText } from "./useText";
import "./Scrubber.css";

interface ScrubberProps {
  player: Player;
  length: number;
  loaded: number;
  chapters: readonly Chapter[];
  thumbnails: string | null;
  onGo: (seconds: number) => void;
}

export function Scrubber({ player, length, loaded, chapters, thumbnails, onGo }: ScrubberProps) {
  const now = useFilmTime(player);
  const [over, setOver] = useState<number | null>(null);
  const [wanted, setWanted] = useState(false);
  const vtt = useText(thumbnails, wanted);
  const pictures = useMemo(() => parseThumbnails(vtt ?? ""), [vtt]);
  const part = (seconds: number) => `${length > 0 ? Math.min(100, (100 * seconds) / length) : 0}%`;
  const look = ({ currentTarget, clientX }: PointerEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    setWanted(true);
    setOver(Math.min(1, Math.max(0, (clientX - left) / width)) * length);
  };
  return (
    <div className="scrub" dir="ltr" onPointerMove={look} onPointerLeave={() => setOver(null)} data-testid="scrub">
      <span className="scrub-line">
        <span className="scrub-loaded" style={{ width: part(loaded) }} />
        <span className="scrub-played" style={{ width: part(now) }} />
        {chapters.slice(1).map(({ start }) => (
          <span key={start} className="scrub-chapter" style={{ left: part(start) }} />
        ))}
      </span>
      <input
        type="range"
        min={0}
        max={length || 1}
        step={0.1}
        value={now}
        aria-label={texts.player.moment}
        aria-valuetext={texts.player.of(clockText(now * 1000), clockText(length * 1000))}
        data-testid="scrub-range"
        onChange={({ currentTarget }) => onGo(Number(currentTarget.value))}
      />
      {over !== null && length > 0 && (
        <span className="scrub-look" style={{ left: `clamp(84px, ${part(over)}, calc(100% - 84px))` }} data-testid="scrub-look">
          <Picture thumbnail={at(pictures, over)} />
          <span className="scrub-said">
            {clockText(over * 1000)}
            {chapters.length > 1 && <b dir="auto">{at(chapters, over)?.name}</b>}
          </span>
        </span>
      )}
    </div>
  );
}

function Picture({ thumbnail }: { thumbnail: Thumbnail | undefined }) {
  if (!thumbnail) return null;
  const { url, x, y, width, height } = thumbnail;
  const place = { width, height, backgroundImage: `url("${url}")`, backgroundPosition: `${-x}px ${-y}px` };
  return <span className="scrub-picture" style={place} data-testid="thumbnail" />;
}
