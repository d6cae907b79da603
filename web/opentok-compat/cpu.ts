// How busy the machine is, where the browser tells (https://www.w3.org/TR/compute-pressure/); elsewhere nothing is told.
import type { CpuPerformanceState } from "./contract/stats";

interface Observer {
  observe(source: "cpu", options: { sampleInterval: number }): Promise<void>;
  disconnect(): void;
}
type Observing = new (changed: (records: { state: CpuPerformanceState }[]) => void) => Observer;

const EVERY_MS = 2000;

/** Tells each change, until it is called back. */
export function watchCpu(tell: (state: CpuPerformanceState) => void): () => void {
  const Pressure = (window as { PressureObserver?: Observing }).PressureObserver;
  if (!Pressure) return () => undefined;
  let last: CpuPerformanceState | undefined;
  const observer = new Pressure((records) => {
    const state = records.at(-1)?.state;
    if (state && state !== last) tell((last = state));
  });
  observer.observe("cpu", { sampleInterval: EVERY_MS }).catch(() => undefined); // a page's policy may forbid it
  return () => observer.disconnect();
}
