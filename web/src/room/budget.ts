// How much one participant may say before the others stop listening: a flood fills no panel and stops no page.

/** Messages that one sender has left: `burst` at once, `rate` a second in the long run. */
export class Budget {
  private left: number;

  constructor(
    private readonly rate: number,
    private readonly burst: number,
    private at: number,
  ) {
    this.left = burst;
  }

  /** Whether one more, at `now` (ms), is within it. */
  spend(now: number): boolean {
    this.left = Math.min(this.burst, this.left + (Math.max(0, now - this.at) * this.rate) / 1000);
    this.at = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}

/** A budget for each sender. */
export class Budgets {
  private readonly of = new Map<string, Budget>();

  constructor(
    private readonly rate: number,
    private readonly burst: number,
  ) {}

  spend(sender: string, now: number): boolean {
    const known = this.of.get(sender) ?? new Budget(this.rate, this.burst, now);
    this.of.set(sender, known);
    return known.spend(now);
  }
}
