// A film that goes into the bin, and comes out of it again.
import { useState } from "react";
import { deleteArchive, messageOf, restoreArchive } from "../api/client";

interface Deletion {
  deleted: boolean;
  remove: () => void;
  undo: () => void;
}

/** `onRestored` is called when a film is there again; what was refused is said by `onRefused`. */
export function useDeletion(
  archiveId: string,
  secret: string | undefined,
  before: boolean,
  onRestored: () => void,
  onRefused: (why: string) => void,
): Deletion {
  const [deleted, setDeleted] = useState(before);
  const act = (done: Promise<void>, then: boolean) => {
    done.then(
      () => {
        setDeleted(then);
        if (!then) onRestored();
      },
      (error: unknown) => onRefused(messageOf(error)),
    );
  };
  return {
    deleted,
    remove: () => act(deleteArchive(archiveId, secret), true),
    undo: () => act(restoreArchive(archiveId, secret), false),
  };
}
