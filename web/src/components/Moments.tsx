// The moments of a film that one may want to go to: its chapters, or what was written.
import type { ReactNode } from "react";
import { clockText } from "../room/recording";
import { jump, useFilmTime, type Player } from "./useFilm";
import "./Moments.css";

export interface Moment {
  /** Seconds of film time. */
  at: number;
  what: ReactNode;
}

interface MomentsProps {
  title: string;
  testId: string;
  moments: readonly Moment[];
  player: Player;
}

/** There is room for them beside the player, not under it. */
const WIDE = "(min-width: 860px)";

export function Moments({ title, testId, moments, player }: MomentsProps) {
  const now = useFilmTime(player);
  const current = moments.findLastIndex(({ at }) => at <= now);
  return (
    <details className="moments" open={window.matchMedia(WIDE).matches} data-testid={`${testId}s`}>
      <summary>
        {title} ({moments.length})
      </summary>
      <ol>
        {moments.map(({ at, what }, n) => (
          <li key={n}>
            <button
              type="button"
              className="moment"
              aria-current={n === current ? "true" : undefined}
              data-testid={testId}
              onClick={() => jump(player, at)}
            >
              <span className="moment-time">{clockText(at * 1000)}</span>
              <span className="moment-what">{what}</span>
            </button>
          </li>
        ))}
      </ol>
    </details>
  );
}
