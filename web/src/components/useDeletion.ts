// A film that is being deleted, as long as that can be taken back.
import { useCallback, useEffect, useRef, useState } from "react";
import { deleteArchive, messageOf } from "../api/client";

/** How long a deletion can be taken back. */
export const UNDO_MS = 7000;

interface Deletion {
  pending: boolean;
  begin: () => void;
  undo: () => void;
}

/** Who leaves the page has not taken it back: the film is deleted then, too. */
export function useDeletion(archiveId: string, onDeleted: () => void, onRefused: (why: string) => void): Deletion {
  const [pending, setPending] = useState(false);
  const wanted = useRef(false);
  const told = useRef({ onDeleted, onRefused });
  useEffect(() => {
    told.current = { onDeleted, onRefused };
  });

  const act = useCallback(() => {
    if (!wanted.current) return;
    wanted.current = false;
    deleteArchive(archiveId).then(
      () => told.current.onDeleted(),
      (error: unknown) => {
        setPending(false);
        told.current.onRefused(messageOf(error));
      },
    );
  }, [archiveId]);

  useEffect(() => {
    if (!pending) return;
    const timer = setTimeout(act, UNDO_MS);
    window.addEventListener("pagehide", act);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", act);
      act();
    };
  }, [pending, act]);

  const begin = () => {
    wanted.current = true;
    setPending(true);
  };
  const undo = () => {
    wanted.current = false;
    setPending(false);
  };
  return { pending, begin, undo };
}
