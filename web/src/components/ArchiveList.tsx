// A list of recordings with everything that may be said about it.
import { useArchives } from "../pages/useArchives";
import { recordedSince } from "../room/archives";
import { texts } from "../texts";
import { ArchiveCard } from "./ArchiveCard";
import { DeletedFilms } from "./DeletedFilms";
import "./ArchiveList.css";

interface ArchiveListProps {
  sessionIds: readonly string[];
  /** Whether a first recording may still be on its way. */
  patient?: boolean;
  /** The room whose films they are: only other names are news. */
  room?: string;
  /** Only what was recorded after that moment (ms). */
  since?: number;
  none: string;
}

/** With what is in the bin under it. */
export function ArchiveList({ sessionIds, patient = false, room = "", since = 0, none }: ArchiveListProps) {
  const t = texts.end;
  const { list: every, links, waiting, problem, renew, again, round } = useArchives(sessionIds, patient);
  const list = every && recordedSince(every, since);
  const nothing = list === null || list.length === 0;
  return (
    <div aria-busy={waiting}>
      {problem && (
        <p className="archives-problem" role="alert">
          {t.offline(problem)}
        </p>
      )}
      {nothing && !problem && (
        <p className="archives-none" role="status">
          {waiting ? t.loading : none}
        </p>
      )}
      <ul className="archives">
        {list?.map((archive) => (
          <ArchiveCard
            key={archive.id}
            archive={archive}
            link={links.get(archive.id)}
            named={archive.name !== room}
            onStale={renew}
            onChanged={again}
          />
        ))}
      </ul>
      <DeletedFilms sessionIds={sessionIds} round={round} onRestored={again} />
    </div>
  );
}
