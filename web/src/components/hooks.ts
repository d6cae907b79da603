// How components follow signals, and the clock.
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Signal } from "../room/Signal";

export function useSignal<T>(signal: Signal<T>): T {
  return useSyncExternalStore(signal.watch, signal.get);
}

/** The time of `now()`, read anew four times a second while `running`. */
export function useClock(now: () => number, running: boolean): number {
  const [time, setTime] = useState(now);
  useEffect(() => {
    if (!running) return;
    const tick = () => setTime(now());
    const first = setTimeout(tick);
    const timer = setInterval(tick, 250);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [now, running]);
  return time;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}
