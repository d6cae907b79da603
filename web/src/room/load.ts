// How much of a processor something uses, from two looks at the server. Pure.
import type { AdminState } from "../api/schema";

/** 1 is one whole core; null until it has been seen twice, or when a process was started anew. */
export function cpuShare(id: string, before: AdminState | null, now: AdminState | null): number | null {
  const used = (state: AdminState | null) => [...(state?.renders ?? []), ...(state?.archives ?? [])].find((each) => each.id === id)?.cpuSeconds;
  const [was, is] = [used(before), used(now)];
  const seconds = ((now?.now ?? 0) - (before?.now ?? 0)) / 1000;
  return was === undefined || is === undefined || seconds <= 0 || is < was ? null : (is - was) / seconds;
}
