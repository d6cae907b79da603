// Follows the list of recordings of a session until nothing in it changes any more.
import { useCallback, useEffect, useRef, useState } from "react";
import { listArchives, messageOf } from "../api/client";
import type { Archive } from "../api/types";
import { keepLinks, keepPolling } from "../room/archives";

const POLL_MS = 1500;
/** A link that fails sooner after it was given is broken for another reason than its age. */
const YOUNG_MS = 60_000;

export interface Archives {
  /** Null until the first answer. */
  list: Archive[] | null;
  /** The film's address by archive id. */
  links: Map<string, string>;
  /** True while a first recording may still appear. */
  waiting: boolean;
  problem: string | null;
}

/** The archives of a session, and what to do when the link of one of them no longer works. */
export function useArchives(sessionId: string): Archives & { renew: (archiveId: string) => void } {
  const [round, setRound] = useState(1);
  const asked = useRef(0);
  const [archives, setArchives] = useState<Archives>({ list: null, links: new Map(), waiting: true, problem: null });

  useEffect(() => {
    const leaving = new AbortController();
    const since = performance.now();
    asked.current = since;
    let timer: ReturnType<typeof setTimeout>;

    const poll = async () => {
      try {
        const list = await listArchives(sessionId, leaving.signal);
        const more = keepPolling(list, performance.now() - since);
        setArchives(({ links }) => ({ list, links: keepLinks(links, list), waiting: more, problem: null }));
        if (!more) return;
      } catch (error) {
        if (leaving.signal.aborted) return;
        setArchives((before) => ({ ...before, problem: messageOf(error) }));
      }
      timer = setTimeout(() => void poll(), POLL_MS);
    };

    void poll();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [sessionId, round]);

  const renew = useCallback((archiveId: string) => {
    if (performance.now() - asked.current < YOUNG_MS) return;
    setArchives((before) => ({ ...before, links: new Map([...before.links].filter(([id]) => id !== archiveId)) }));
    setRound((before) => before + 1);
  }, []);

  return { ...archives, renew };
}
