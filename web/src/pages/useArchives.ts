// Follows the list of recordings of a session until nothing in it changes any more.
import { useEffect, useState } from "react";
import { listArchives, messageOf } from "../api/client";
import type { Archive } from "../api/types";
import { keepLinks, keepPolling } from "../room/archives";

const POLL_MS = 1500;

export interface Archives {
  /** Null until the first answer. */
  list: Archive[] | null;
  /** The film's address by archive id. */
  links: Map<string, string>;
  /** True while a first recording may still appear. */
  waiting: boolean;
  problem: string | null;
}

export function useArchives(sessionId: string): Archives {
  const [archives, setArchives] = useState<Archives>({ list: null, links: new Map(), waiting: true, problem: null });

  useEffect(() => {
    const leaving = new AbortController();
    const since = performance.now();
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
  }, [sessionId]);

  return archives;
}
