// What a new film keeps of one there is: ranges of its time, joined, taken apart and moved. Pure.
import type { RecutRequest } from "../api/schema";
import type { Layout } from "../api/types";
import type { Span } from "./timeline";

/** Where a film can be cut (s): from before its start, where more was recorded, to after its end. */
export interface Extent {
  from: number;
  to: number;
}

export type Edge = "start" | "end";

/** The server keeps none that is shorter. */
export const SHORTEST = 0.1;
/** What is nearer than that is one. */
const APART = 0.05;

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000;

/** In order, joined where they touch, within the extent; without what is too short to be seen. */
export function tidied(spans: readonly Span[], { from, to }: Extent): Span[] {
  const found: Span[] = [];
  const inside = spans.map(({ start, end }) => ({ start: rounded(Math.max(from, start)), end: rounded(Math.min(to, end)) }));
  for (const span of inside.filter(({ start, end }) => end - start >= SHORTEST - 1e-6).sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last && span.start - last.end < APART) last.end = Math.max(last.end, span.end);
    else found.push({ ...span });
  }
  return found;
}

/** What both keep. */
export function common(one: readonly Span[], other: readonly Span[]): Span[] {
  return one.flatMap((a) =>
    other.flatMap((b) => {
      const [start, end] = [Math.max(a.start, b.start), Math.min(a.end, b.end)];
      return end - start >= SHORTEST ? [{ start, end }] : [];
    }),
  );
}

/** What is left without a span. */
export function without(spans: readonly Span[], gone: Span): Span[] {
  return spans.flatMap(({ start, end }) =>
    [
      { start, end: Math.min(end, gone.start) },
      { start: Math.max(start, gone.end), end },
    ].filter((part) => part.end - part.start >= SHORTEST),
  );
}

/** What is not kept of an extent. */
export function gaps(spans: readonly Span[], { from, to }: Extent): Span[] {
  return spans.reduce<Span[]>((left, span) => without(left, span), [{ start: from, end: to }]);
}

/** With one edge of the n-th span moved to a moment, as far as its neighbours and the extent let it. */
export function moved(spans: readonly Span[], n: number, edge: Edge, to: number, extent: Extent): Span[] {
  const span = spans[n];
  if (!span) return [...spans];
  const [least, most] = limits(spans, n, edge, extent);
  const at = rounded(Math.min(most, Math.max(least, to)));
  return spans.map((each, number) => (number === n ? { ...each, [edge]: at } : each));
}

/** From where to where (s) an edge of the n-th span can be moved. */
export function limits(spans: readonly Span[], n: number, edge: Edge, { from, to }: Extent): [least: number, most: number] {
  const span = spans[n] ?? { start: from, end: to };
  return edge === "start"
    ? [spans[n - 1]?.end ?? from, span.end - SHORTEST]
    : [span.start + SHORTEST, spans[n + 1]?.start ?? to];
}

/** The n-th span in two, where the moment is well within it. */
export function split(spans: readonly Span[], at: number): Span[] {
  return spans.flatMap(({ start, end }) =>
    at - start >= SHORTEST && end - at >= SHORTEST
      ? [
          { start, end: rounded(at) },
          { start: rounded(at), end },
        ]
      : [{ start, end }],
  );
}

export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

export function keeps(spans: readonly Span[], at: number): boolean {
  return spans.some(({ start, end }) => at >= start && at < end);
}

/** Where a film that shows what is kept goes on from a moment of the one there is: there, or further; null at its end. */
export function playedFrom(spans: readonly Span[], at: number): number | null {
  for (const { start, end } of spans) {
    if (at < start) return start;
    if (at < end - 0.02) return at;
  }
  return null;
}

/** Whether nothing is cut away and nothing added. */
export function isWhole(spans: readonly Span[], length: number): boolean {
  const [only, ...others] = spans;
  return only !== undefined && others.length === 0 && Math.abs(only.start) < 0.01 && Math.abs(only.end - length) < 0.01;
}

/** `1:02.5`; below 0 with a minus, for what was recorded before the film begins. */
export function momentText(seconds: number): string {
  const tenths = Math.round(Math.abs(seconds) * 10);
  const [minutes, rest] = [Math.floor(tenths / 600), tenths % 600];
  const [hours, minute] = [Math.floor(minutes / 60), minutes % 60];
  const second = `${Math.floor(rest / 10).toString().padStart(2, "0")}.${rest % 10}`;
  const text = hours > 0 ? `${hours}:${minute.toString().padStart(2, "0")}:${second}` : `${minute}:${second}`;
  return seconds < 0 && tenths > 0 ? `−${text}` : text;
}

/** What `momentText` says, or people write: `62.5`, `1:02,5`, `-3`; null for anything else. */
export function readMoment(text: string): number | null {
  const found = /^\s*([-−–]?)\s*(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)\s*$/.exec(text);
  if (!found) return null;
  const [, minus, hours = "0", minutes = "0", seconds = "0"] = found;
  const sum = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds.replace(",", "."));
  return minus ? -sum : sum;
}

/** What of a new film is otherwise than of the one there is; an empty text or null leaves it as it is. */
export interface Wishes {
  name: string;
  layout: Layout | "";
  /** The layout while a screen is shared. */
  screenshareType: Layout | "";
  resolution: string;
  rate: number | null;
  rules: Partial<Record<TimeRule, number>> & Partial<Record<SwitchRule, boolean>>;
  /** For a meeting that was encrypted end to end. */
  encryptionKey: string;
}

export const nothingElse: Wishes = { name: "", layout: "", screenshareType: "", resolution: "", rate: null, rules: {}, encryptionKey: "" };

export const RESOLUTIONS = ["1920x1080", "1280x720", "640x480", "1080x1920", "720x1280", "480x640"] as const;
export const RATES = [24, 25, 30, 50, 60] as const;
/** The director's, with what they are where nothing else is said (s); docs/formats.md says more of each. */
export const TIME_RULES = { preRoll: 0.25, shortestShot: 2, shortestSpeech: 0.6, overlap: 1.4, silence: null, lookAhead: 1 } as const;
export const SWITCH_RULES = { leaveDark: true, screenFirst: true } as const;
export type TimeRule = keyof typeof TIME_RULES;
export type SwitchRule = keyof typeof SWITCH_RULES;

/** What the server is asked for, where `length` is that of the film there is (s). */
export function asked(spans: readonly Span[], length: number, wishes: Wishes): RecutRequest {
  const { name, layout, screenshareType, resolution, rate, rules, encryptionKey } = wishes;
  const [only] = spans;
  const whole = isWhole(spans, length);
  return {
    ...(name.trim() && { name: name.trim() }),
    ...(layout && { layout }),
    ...(layout === "bestFit" && screenshareType && { screenshareType }),
    ...(resolution && { resolution }),
    ...(rate && { rate }),
    ...(Object.keys(rules).length > 0 && { rules }),
    ...(encryptionKey && { encryptionKey }),
    ...(spans.length > 1 && { ranges: spans.map(({ start, end }) => ({ from: start, to: end })) }),
    ...(spans.length === 1 && only && !whole && { from: only.start, to: only.end }),
  };
}

/** Whether the server would make the same film once more. */
export function changesNothing(spans: readonly Span[], length: number, wishes: Wishes): boolean {
  return Object.keys(asked(spans, length, { ...wishes, name: "", encryptionKey: "" })).length === 0;
}
