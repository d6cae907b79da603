// What a meeting was about, above what was said in it: each point leads to its moment.
import { useState } from "react";
import { messageOf, sumUpArchive } from "../api/client";
import type { Archive } from "../api/types";
import { clockText } from "../room/recording";
import type { FilmSummary, Note } from "../room/summary";
import { texts } from "../texts";
import { Icon } from "./Icon";
import { jumpFromText, type Player } from "./useFilm";
import "./Moments.css";
import "./Summary.css";

interface SummaryProps {
  archive: Archive;
  found: FilmSummary | null;
  player: Player;
  secret?: string | undefined;
  /** One was asked for: how it stands is to be looked at again. */
  onAsked: () => void;
}

export function Summary({ archive, found, player, secret, onAsked }: SummaryProps) {
  const t = texts.end;
  const [problem, setProblem] = useState("");
  const { transcript } = archive;
  if (transcript?.status !== "available") return null;
  const { summary, canSumUp } = transcript;
  const state = summary?.status ?? "";
  const may = archive.mayEdit && canSumUp && state !== "requested";
  if (!found && !state && !may) return null;
  const ask = () => sumUpArchive(archive.id, secret).then(onAsked, (error: unknown) => setProblem(messageOf(error)));
  return (
    <section className="summary" aria-label={t.summary} data-testid="summary">
      {found && <Shown found={found} player={player} />}
      {found && summary?.outdated && state !== "requested" && (
        <p className="transcript-state" role="note" data-testid="summary-outdated">
          {t.summaryOutdated}
        </p>
      )}
      {state === "requested" && (
        <p className="transcript-state" role="status" data-testid="summary-state">
          {t.summaryMaking}
        </p>
      )}
      {state === "failed" && (
        <p className="transcript-state" role="note" data-testid="summary-state">
          {t.summaryFailed(summary?.reason ?? "")}
        </p>
      )}
      {may && (
        <button type="button" className="button button-small" data-testid="sum-up" onClick={() => void ask()}>
          <Icon name="words" size={18} />
          {found ? t.sumUpAgain : t.sumUp}
        </button>
      )}
      {problem && <p role="alert">{problem}</p>}
    </section>
  );
}

function Shown({ found, player }: { found: FilmSummary; player: Player }) {
  const t = texts.end;
  return (
    <div lang={found.language || undefined}>
      <h2 dir="auto">{found.title}</h2>
      <Notes notes={found.points} player={player} />
      {found.decisions.length > 0 && <h3>{t.summaryDecisions}</h3>}
      <Notes notes={found.decisions} player={player} />
      {found.tasks.length > 0 && <h3>{t.summaryTasks}</h3>}
      <Notes notes={found.tasks} player={player} />
      <p className="summary-by" lang={document.documentElement.lang}>
        {t.summaryBy(found.model)}
      </p>
    </div>
  );
}

function Notes({ notes, player }: { notes: readonly Note[]; player: Player }) {
  if (notes.length === 0) return null;
  return (
    <ul>
      {notes.map(({ text, at, who }, n) => (
        <li key={n}>
          <div className="moment" data-testid="summary-note" onClick={(click) => jumpFromText(player, at, click)}>
            <button type="button" className="moment-time" aria-label={who ? `${clockText(at * 1000)} ${who}` : undefined}>
              {clockText(at * 1000)}
            </button>
            <p className="moment-what" dir="auto">
              {who && <b>{who}: </b>}
              {text}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
