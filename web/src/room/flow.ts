// Whether what came steadily has stopped: pure.

/** Nothing for so long is a break, where more came before. */
const STOPPED_MS = 1200;
/** What comes now and then may stay away for so many times as long as it did before. */
const PATIENCE = 2;
const GAPS_KEPT = 20;
const GAPS_NEEDED = 4;

/** One thing that arrives again and again. */
export class Flow {
  private last: number | null = null;
  private gaps: number[] = [];
  stopped = false;

  /** Looks again at `now` (ms): whether something `arrived` since the last look. */
  look(arrived: boolean, now: number): void {
    const gap = this.last === null ? null : now - this.last;
    if (arrived) {
      // A break is no rhythm.
      if (gap !== null && !this.stopped) this.gaps = [...this.gaps, gap].slice(-GAPS_KEPT);
      this.last = now;
      this.stopped = false;
    } else if (gap !== null && this.gaps.length >= GAPS_NEEDED) {
      this.stopped = gap > Math.max(STOPPED_MS, PATIENCE * Math.max(...this.gaps));
    }
  }
}
