// Who speaks when, under the player: a lane for each person to click into, and chapters for the keyboard.
import { useEffect, useMemo, useState, type MouseEvent, type RefObject } from "react";
import type { Timeline } from "../api/types";
import { hueOf } from "../room/names";
import { clockText } from "../room/recording";
import { lanesOf, type Chapter } from "../room/timeline";
import { texts } from "../texts";
import "./SpeakerTimeline.css";

interface SpeakerTimelineProps {
  timeline: Timeline;
  player: RefObject<HTMLVideoElement | null>;
}

const unnamed = (n: number) => `${texts.call.guest} ${n}`;

export function SpeakerTimeline({ timeline, player }: SpeakerTimelineProps) {
  const t = texts.end;
  const lanes = useMemo(() => lanesOf(timeline, unnamed), [timeline]);
  const chapters = useChapters(player);
  const length = (timeline.end - timeline.start) / 1_000_000;
  const now = useFilmTime(player);
  const jump = (seconds: number) => {
    if (player.current) play(player.current, Math.max(0, Math.min(seconds, length)));
  };
  const jumpInto = ({ currentTarget, clientX }: MouseEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    jump(((clientX - left) / width) * length);
  };
  return (
    <section className="timeline" aria-label={t.speakers} data-testid="timeline">
      {/* For the mouse; the chapters below say the same to the keyboard and to screen readers. */}
      <div className="timeline-lanes" aria-hidden="true">
        {lanes.map(({ participant, name, spans }) => (
          <div className="timeline-row" key={participant} style={{ "--hue": hueOf(participant) }}>
            <span className="timeline-name">{name}</span>
            <div className="timeline-lane" data-testid="lane" onClick={jumpInto}>
              {spans.map(({ start, end }) => (
                <span
                  key={start}
                  className={now >= start && now < end ? "timeline-span timeline-now" : "timeline-span"}
                  style={{ left: `${(100 * start) / length}%`, width: `${(100 * (end - start)) / length}%` }}
                />
              ))}
              <span className="timeline-head" style={{ left: `${Math.min(100, (100 * now) / length)}%` }} />
            </div>
          </div>
        ))}
      </div>
      {chapters.length > 1 && (
        <details className="chapters">
          <summary>
            {t.chapters} ({chapters.length})
          </summary>
          <ol>
            {chapters.map(({ name, start, end }) => (
              <li key={start}>
                <button
                  type="button"
                  className="chapter"
                  aria-current={now >= start && now < end ? "true" : undefined}
                  data-testid="chapter"
                  data-at={start}
                  onClick={() => jump(start)}
                >
                  <span className="chapter-time">{clockText(start * 1000)}</span>
                  {name}
                </button>
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

function play(film: HTMLVideoElement, from: number): void {
  film.currentTime = from;
  void film.play().catch(() => undefined);
}

/** The film's own chapters, as its `track` element has them once it is loaded. */
function useChapters(player: RefObject<HTMLVideoElement | null>): Chapter[] {
  const [chapters, setChapters] = useState<Chapter[]>([]);
  useEffect(() => {
    const element = player.current?.querySelector("track");
    if (!element) return;
    const read = () => {
      const cues = Array.from(element.track.cues ?? []) as VTTCue[];
      setChapters(cues.map(({ startTime, endTime, text }) => ({ start: startTime, end: endTime, name: text })));
    };
    element.track.mode = "hidden"; // a disabled one is not loaded
    if (element.readyState === HTMLTrackElement.LOADED) read();
    element.addEventListener("load", read);
    return () => element.removeEventListener("load", read);
  }, [player]);
  return chapters;
}

/** Where the film is, in s, a few times a second while it plays. */
function useFilmTime(player: RefObject<HTMLVideoElement | null>): number {
  const [time, setTime] = useState(0);
  useEffect(() => {
    const film = player.current;
    if (!film) return;
    const look = () => setTime(film.currentTime);
    film.addEventListener("timeupdate", look);
    film.addEventListener("seeking", look);
    return () => {
      film.removeEventListener("timeupdate", look);
      film.removeEventListener("seeking", look);
    };
  }, [player]);
  return time;
}
