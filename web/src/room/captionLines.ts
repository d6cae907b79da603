// Live captions as they come: pure, from the server's messages to what is on the screen.

export const CAPTIONS_TOPIC = "captions";

/** What somebody says: the same `id` comes again and again while it grows, and is `final` once. */
export interface Caption {
  id: string;
  connectionId: string;
  text: string;
  final: boolean;
}

export interface CaptionLine extends Caption {
  /** When it last changed, in ms. */
  changedAt: number;
}

/** So many of the newest are shown, for so long after they last changed. */
const MOST_LINES = 3;
export const SHOWN_MS = 7000;

export function parseCaption(payload: string): Caption | null {
  let found: unknown;
  try {
    found = JSON.parse(payload);
  } catch {
    return null;
  }
  const { id, connectionId, text, final } = (found ?? {}) as Record<string, unknown>;
  if (typeof id !== "string" || typeof connectionId !== "string" || typeof text !== "string" || typeof final !== "boolean") return null;
  return { id, connectionId, text, final };
}

/** A caption takes the place of what was there of the same words; nothing comes after the final one. */
export function withCaption(lines: CaptionLine[], caption: Caption, now: number): CaptionLine[] {
  const known = lines.find(({ id }) => id === caption.id);
  if (known?.final) return lines;
  const line = { ...caption, changedAt: now };
  const others = known ? lines.map((each) => (each === known ? line : each)) : [...lines, line];
  return stillShown(others, now).slice(-MOST_LINES);
}

export function stillShown(lines: CaptionLine[], now: number): CaptionLine[] {
  return lines.filter(({ changedAt }) => now - changedAt < SHOWN_MS);
}

/** Whether a room's metadata says that captions are made, and what made them end. */
export function parseCaptionFacts(metadata: string | undefined): { on: boolean; ready: boolean; problem: string } {
  try {
    const { captions } = JSON.parse(metadata ?? "") as { captions?: { on?: unknown; ready?: unknown; problem?: unknown } | null };
    return { on: captions?.on === true, ready: captions?.ready === true, problem: typeof captions?.problem === "string" ? captions.problem : "" };
  } catch {
    return { on: false, ready: false, problem: "" };
  }
}
