// Short messages over a call: what went wrong, what was done, and where to go on.
import { Observable } from "./Observable";

export interface Toast {
  id: number;
  tone: "error" | "info";
  text: string;
  /** One that leads somewhere stays until it is dismissed. */
  link?: { text: string; href: string } | undefined;
  /** Whether something else says it to those who listen to the page. */
  spoken?: boolean | undefined;
}

const MOST_SHOWN = 3;

export class Toaster {
  readonly toasts = new Observable<Toast[]>([]);
  private count = 0;

  /** The same message twice is shown once. */
  show(tone: Toast["tone"], text: string, more: Pick<Toast, "link" | "spoken"> = {}): void {
    const others = this.toasts.get().filter((toast) => toast.text !== text);
    this.toasts.set([...others.slice(1 - MOST_SHOWN), { id: ++this.count, tone, text, ...more }]);
  }

  dismiss = (id: number): void => this.toasts.set(this.toasts.get().filter((toast) => toast.id !== id));
}
