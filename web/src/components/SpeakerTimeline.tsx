// Who speaks when, under the player: a lane for each person, to click into and to walk by arrow keys from turn to turn.
import { useMemo, type KeyboardEvent, type MouseEvent } from "react";
import type { Timeline } from "../api/types";
import { clockText } from "../room/recording";
import { lanesOf, type Lane } from "../room/timeline";
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
  return (
    // Films run from left to right in every language.
    <div className="timeline" role="group" aria-label={texts.player.lanes} dir="ltr" data-testid="timeline">
      {lanes.map((lane, n) => (
        <div className="timeline-row" key={lane.participant} style={{ "--hue": (FIRST_HUE + n * GOLDEN_ANGLE) % 360 }}>
          <span className="timeline-name" dir="auto" aria-hidden="true">
            {lane.name}
          </span>
          <LaneLine lane={lane} length={length} now={now} player={player} />
        </div>
      ))}
    </div>
  );
}

interface LaneLineProps {
  lane: Lane;
  length: number;
  now: number;
  player: Player;
}

function LaneLine({ lane: { name, spans }, length, now, player }: LaneLineProps) {
  const current = Math.max(
    0,
    spans.findLastIndex(({ start }) => start <= now + 0.05),
  );
  const turn = spans[current];
  const jumpInto = ({ currentTarget, clientX }: MouseEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    jump(player, ((clientX - left) / width) * length);
  };
  const walk = (event: KeyboardEvent) => {
    const before = spans.findLastIndex(({ start }) => start < now - 0.05);
    const after = spans.findIndex(({ start }) => start > now + 0.05);
    const ways: Partial<Record<string, number>> = {
      ArrowRight: after < 0 ? spans.length - 1 : after,
      ArrowUp: after < 0 ? spans.length - 1 : after,
      ArrowLeft: Math.max(0, before),
      ArrowDown: Math.max(0, before),
      Home: 0,
      End: spans.length - 1,
      Enter: current,
    };
    const to = spans[ways[event.key] ?? -1];
    if (!to) return;
    event.preventDefault();
    jump(player, to.start);
  };
  return (
    <div
      className="timeline-lane"
      role="slider"
      tabIndex={0}
      aria-label={texts.player.lane(name)}
      aria-valuemin={1}
      aria-valuemax={spans.length}
      aria-valuenow={current + 1}
      aria-valuetext={turn && texts.player.turn(current + 1, spans.length, clockText(turn.start * 1000), clockText(turn.end * 1000))}
      data-testid="lane"
      onClick={jumpInto}
      onKeyDown={walk}
    >
      {spans.map(({ start, end }) => (
        <span
          key={start}
          className={now >= start && now < end ? "timeline-span timeline-now" : "timeline-span"}
          style={{ left: `${(100 * start) / length}%`, width: `${(100 * (end - start)) / length}%` }}
        />
      ))}
      <span className="timeline-head" style={{ left: `${Math.min(100, (100 * now) / length)}%` }} />
    </div>
  );
}
