// A list of films over rooms, a page at a time, as it is asked for; what is being made in it is followed.
import { useCallback, useEffect, useState } from "react";
import { findFilms, messageOf, type Wanted } from "../api/client";
import type { FoundFilm } from "../api/types";
import { isFinal } from "../room/archives";

const PAGE = 24;
const MOST = 96;
const POLL_MS = 4000;
/** Who still types is not answered. */
const TYPING_MS = 250;

export interface FoundFilms {
  /** Null until the first answer. */
  items: FoundFilm[] | null;
  count: number;
  problem: string | null;
  more: () => void;
  /** Something was changed: look again. */
  again: () => void;
}

export function useRecordings(wanted: Wanted, idle: boolean): FoundFilms {
  const what = JSON.stringify(wanted);
  const [asked, setAsked] = useState({ what, pages: 1, round: 0 });
  const [found, setFound] = useState<{ what: string; items: FoundFilm[]; count: number } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (asked.what !== what) setAsked({ what, pages: 1, round: asked.round });
  const { pages, round } = asked;

  useEffect(() => {
    if (idle) return;
    const leaving = new AbortController();
    const look = async () => {
      const query = JSON.parse(what) as Wanted;
      const items: FoundFilm[] = [];
      let count = 0;
      try {
        for (let offset = 0; offset < pages * PAGE; offset += MOST) {
          const page = await findFilms(query, offset, Math.min(MOST, pages * PAGE - offset), leaving.signal);
          items.push(...page.items);
          count = page.count;
        }
        setFound({ what, items, count });
        setProblem(null);
        if (!items.every(({ film }) => isFinal(film) || film.status === "deleted")) timer = setTimeout(() => void look(), POLL_MS);
      } catch (error) {
        if (!leaving.signal.aborted) setProblem(messageOf(error));
      }
    };
    let timer = setTimeout(() => void look(), found === null || found.what === what ? 0 : TYPING_MS);
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
    // What was found last says how soon to look, not whether.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [what, pages, round, idle]);

  const more = useCallback(() => setAsked((before) => ({ ...before, pages: before.pages + 1 })), []);
  const again = useCallback(() => setAsked((before) => ({ ...before, round: before.round + 1 })), []);
  return { items: found?.items ?? null, count: found?.count ?? 0, problem, more, again };
}
