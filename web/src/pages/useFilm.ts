// Follows one film for as long as its page is open: how it comes about, and links that always work.
import { useCallback, useEffect, useRef, useState } from "react";
import { listShared, lookAtFilm, messageOf } from "../api/client";
import type { Archive, SeenFilm } from "../api/types";
import { isFinal } from "../room/archives";
import { renewal } from "../room/player";

const POLL_MS = 3000;

export interface Followed {
  film: Archive | null;
  /** The room that it was recorded in. */
  room: string | null;
  /** What was cut of it again through the link by which it was opened. */
  others: readonly Archive[];
  problem: string | null;
  /** Something was changed, or a link has failed: look again. */
  again: () => void;
}

/**
 * The film with that id, or the first one that a link opens: the link's `secret` lets in who has no other right.
 * `opens`: that somebody opens the link counts.
 */
export function useFilm(id: string, secret: string, opens = true): Followed {
  const [round, setRound] = useState(0);
  const [{ film, room, others, problem }, setSeen] = useState<Omit<Followed, "again">>({ film: null, room: null, others: [], problem: null });
  const opened = useRef("");

  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout>;

    const seen = async (): Promise<SeenFilm & { others?: Archive[] }> => {
      if (!secret || (id && (!opens || opened.current === secret))) return lookAtFilm(id, secret, leaving.signal);
      // That the link was opened counts once.
      const films = await listShared(secret, leaving.signal);
      opened.current = secret;
      const film = films.find((each) => each.id === id) ?? films.at(-1);
      if (!film) return lookAtFilm(id, secret, leaving.signal);
      return { film, room: null, others: films.filter((each) => each !== film) };
    };
    const look = () => {
      seen().then(
        (found) => {
          setSeen((before) => ({ ...before, problem: null, ...found, room: found.room ?? before.room }));
          const wait = isFinal(found.film) ? renewal([found.film.url], Date.now()) : POLL_MS;
          if (wait !== null && found.film.status !== "deleted") timer = setTimeout(look, wait);
        },
        (error: unknown) => {
          if (!leaving.signal.aborted) setSeen((before) => ({ ...before, problem: messageOf(error) }));
        },
      );
    };
    look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [id, secret, opens, round]);

  const again = useCallback(() => setRound((before) => before + 1), []);
  return { film, room, others, problem, again };
}
