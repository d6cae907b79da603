// Films in the bin, for who may take them out of it.
import { useEffect, useState } from "react";
import { listDeleted } from "../api/client";
import type { Archive } from "../api/types";
import { dateText } from "../room/archives";
import { texts } from "../texts";
import { ArchiveActions } from "./ArchiveActions";

interface DeletedFilmsProps {
  sessionIds: readonly string[];
  /** Something changed: it is looked again. */
  round: number;
  onRestored: () => void;
}

export function DeletedFilms({ sessionIds, round, onRestored }: DeletedFilmsProps) {
  const [found, setFound] = useState<Archive[]>([]);
  const ids = sessionIds.join(" ");
  useEffect(() => {
    const leaving = new AbortController();
    const sought = ids.split(" ").filter(Boolean);
    Promise.all(sought.map((id) => listDeleted(id, leaving.signal).catch(() => []))).then(
      (lists) => !leaving.signal.aborted && setFound([...new Map(lists.flat().map((each) => [each.id, each])).values()]),
      () => undefined,
    );
    return () => leaving.abort();
  }, [ids, round]);
  if (found.length === 0) return null;
  return (
    <details className="deleted" data-testid="bin">
      <summary>{texts.end.bin(found.length)}</summary>
      <ul>
        {found.map((archive) => (
          <li key={archive.id} data-testid="binned" data-id={archive.id}>
            <b>
              <bdi>{archive.name}</bdi> {dateText(archive.createdAt)}
            </b>
            <ArchiveActions archive={archive} link={undefined} onChanged={onRestored} />
          </li>
        ))}
      </ul>
    </details>
  );
}
