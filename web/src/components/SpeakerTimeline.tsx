// Who speaks when, under the player: a lane for each person to click into.
import { useMemo, type MouseEvent } from "react";
import type { Timeline } from "../api/types";
import { lanesOf } from "../room/timeline";
import { texts } from "../texts";
import { jump, useFilmTime, type Player } from "./useFilm";
import "./SpeakerTimeline.css";

interface SpeakerTimelineProps {
  timeline: Timeline;
  player: Player;
}

const FIRST_HUE = 210;
/** So that no lane looks like its neighbours, however many there are. */
const GOLDEN_ANGLE = 137.5;

const unnamed = (n: number) => `${texts.call.guest} ${n}`;

export function SpeakerTimeline({ timeline, player }: SpeakerTimelineProps) {
  const lanes = useMemo(() => lanesOf(timeline, unnamed), [timeline]);
  const length = (timeline.end - timeline.start) / 1_000_000;
  const now = useFilmTime(player);
  const jumpInto = ({ currentTarget, clientX }: MouseEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    jump(player, ((clientX - left) / width) * length);
  };
  return (
    // For the mouse; the chapters say the same to the keyboard and to screen readers.
    <div className="timeline" aria-hidden="true" data-testid="timeline">
      {lanes.map(({ participant, name, spans }, n) => (
        <div className="timeline-row" key={participant} style={{ "--hue": (FIRST_HUE + n * GOLDEN_ANGLE) % 360 }}>
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
  );
}
