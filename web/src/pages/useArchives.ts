// Follows the lists of recordings of some sessions until nothing in them changes any more.
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, listArchives, messageOf } from "../api/client";
import type { Archive } from "../api/types";
import { keepLinks, keepPolling } from "../room/archives";
import { renewal } from "../room/player";

const POLL_MS = 1500;
/** A link that fails sooner after it was given is broken for another reason than its age. */
const YOUNG_MS = 60_000;

export interface Archives {
  /** Newest first; null until the first answer. */
  list: Archive[] | null;
  /** The film's address by archive id. */
  links: Map<string, string>;
  /** True while a first recording may still appear. */
  waiting: boolean;
  problem: string | null;
}

interface Followed extends Archives {
  /** The link of this archive no longer works. */
  renew: (archiveId: string) => void;
  /** Something was changed: look again. */
  again: () => void;
  /** How often it was looked anew. */
  round: number;
}

/** A session that this server does not know (any more) has no recordings. */
async function listOf(sessionId: string, signal: AbortSignal): Promise<Archive[]> {
  try {
    return await listArchives(sessionId, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

/** The archives of sessions; `patient` waits a while for a first one to appear. */
export function useArchives(sessionIds: readonly string[], patient: boolean): Followed {
  const [round, setRound] = useState(1);
  const asked = useRef(0);
  const [archives, setArchives] = useState<Archives>({ list: null, links: new Map(), waiting: true, problem: null });
  const ids = sessionIds.join(" ");

  useEffect(() => {
    const leaving = new AbortController();
    const since = performance.now();
    asked.current = since;
    const found = new Map<string, Archive[]>();
    let open = ids.split(" ").filter(Boolean);
    let timer: ReturnType<typeof setTimeout>;

    const poll = async () => {
      try {
        const lists = await Promise.all(open.map((id) => listOf(id, leaving.signal)));
        open.forEach((id, n) => found.set(id, lists[n] ?? []));
        const waited = patient ? performance.now() - since : Infinity;
        open = open.filter((id) => keepPolling(found.get(id) ?? [], waited));
        const list = [...new Map([...found.values()].flat().map((archive) => [archive.id, archive])).values()]
          .filter(({ status }) => status !== "deleted")
          .sort((a, b) => b.createdAt - a.createdAt);
        setArchives(({ links }) => ({ list, links: keepLinks(links, list), waiting: open.length > 0, problem: null }));
        if (open.length === 0) {
          const wait = renewal(list.map(({ url }) => url), Date.now());
          if (wait === null) return;
          open = ids.split(" ").filter(Boolean);
          timer = setTimeout(() => void poll(), wait);
          return;
        }
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
  }, [ids, patient, round]);

  const again = useCallback(() => setRound((before) => before + 1), []);
  const renew = useCallback((archiveId: string) => {
    if (performance.now() - asked.current < YOUNG_MS) return;
    setArchives((before) => ({ ...before, links: new Map([...before.links].filter(([id]) => id !== archiveId)) }));
    setRound((before) => before + 1);
  }, []);

  return { ...archives, renew, again, round };
}
