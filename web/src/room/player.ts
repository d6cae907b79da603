// How a film is walked through: its thumbnails, its silences, its keys, its moments. Pure.
import type { Key, Focus } from "./keys";
import type { Span } from "./timeline";

/** A part of a picture that shows what is seen from `start` to `end` (s). */
export interface Thumbnail extends Span {
  url: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const seconds = (text: string) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

/** What a film's thumbnails.vtt says (docs/formats.md); what is not understood is left out. */
export function parseThumbnails(text: string): Thumbnail[] {
  return [...text.matchAll(/^([\d:.]+) --> ([\d:.]+).*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/gm)].map((found) => {
    const [, start = "", end = "", url = "", ...box] = found;
    const [x = 0, y = 0, width = 0, height = 0] = box.map(Number);
    return { start: seconds(start), end: seconds(end), url, x, y, width, height };
  });
}

/** What holds at a moment; the last one also holds after its end. */
export function at<T extends Span>(spans: readonly T[], time: number): T | undefined {
  return spans.findLast(({ start }) => start <= time) ?? spans[0];
}

const SHORTEST_SILENCE = 2;
/** Of a silence that is skipped, so much stays at both ends. */
const BREATH = 0.4;

/** Where nobody says anything for long enough to be skipped, in a film of `length` s. */
export function silencesOf(turns: readonly Span[], length: number): Span[] {
  const silences: Span[] = [];
  let heard = 0;
  for (const { start, end } of [...turns].sort((a, b) => a.start - b.start)) {
    if (start - heard >= SHORTEST_SILENCE) silences.push({ start: heard, end: start });
    heard = Math.max(heard, end);
  }
  if (length - heard >= SHORTEST_SILENCE) silences.push({ start: heard, end: length });
  return silences.map(({ start, end }) => ({ start: start === 0 ? 0 : start + BREATH, end: end === length ? length : end - BREATH }));
}

/** Where to go on when silences are skipped; null where somebody speaks, or is about to. */
export function afterSilence(silences: readonly Span[], time: number): number | null {
  const silence = silences.find(({ start, end }) => time >= start && time < end - 0.1);
  return silence ? silence.end : null;
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5] as const;

/** The next speed up or down. */
export function speedFrom(now: number, step: 1 | -1): number {
  const faster = SPEEDS.filter((speed) => (step > 0 ? speed > now : speed < now));
  return (step > 0 ? faster[0] : faster.at(-1)) ?? now;
}

export type FilmKey =
  | { does: "play" | "mute" | "full" | "theatre" | "captions" | "silences" }
  | { does: "by" | "volume" | "speed" | "chapter"; by: number }
  | { does: "share"; part: number };

const KEYS: Record<string, FilmKey> = {
  " ": { does: "play" },
  k: { does: "play" },
  j: { does: "by", by: -10 },
  l: { does: "by", by: 10 },
  ArrowLeft: { does: "by", by: -5 },
  ArrowRight: { does: "by", by: 5 },
  ArrowUp: { does: "volume", by: 0.1 },
  ArrowDown: { does: "volume", by: -0.1 },
  m: { does: "mute" },
  f: { does: "full" },
  t: { does: "theatre" },
  c: { does: "captions" },
  s: { does: "silences" },
  ">": { does: "speed", by: 1 },
  "<": { does: "speed", by: -1 },
  n: { does: "chapter", by: 1 },
  p: { does: "chapter", by: -1 },
};

/** What a key does to the film; null for what belongs to the browser, or to the field or button that has the focus. */
export function filmKeyOf({ key, ctrlKey, altKey, metaKey }: Key, focus: Focus): FilmKey | null {
  if (ctrlKey || altKey || metaKey || focus === "text" || (focus === "button" && key === " ")) return null;
  if (/^\d$/.test(key)) return { does: "share", part: Number(key) / 10 };
  return KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** The moment (s) that an address names: `?t=83`, `?t=1:23`, `?t=1m23s`; null for none. */
export function momentOf(text: string | null): number | null {
  if (!text) return null;
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(text);
  const found = parts ? Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0) : seconds(text);
  return Number.isFinite(found) && found >= 0 ? found : null;
}

/** The same address, for a moment (s) of the film. */
export function atMoment(address: string, moment: number | null): string {
  const url = new URL(address);
  if (moment === null) url.searchParams.delete("t");
  else url.searchParams.set("t", String(Math.floor(moment)));
  return url.href;
}

/** Until when (ms since 1970) a signed link works; null where it does not say. */
export function linkEnds(link: string | null): number | null {
  const expires = Number(link ? new URL(link, "http://localhost").searchParams.get("expires") : NaN);
  return expires > 0 ? expires * 1000 : null;
}

/** Before a link ends, there is a new one. */
const AHEAD_MS = 60_000;
const SOONEST_MS = 3000;
const LATEST_MS = 6 * 3_600_000;

/** How long (ms) to wait before signed links are asked for anew, of which the first ends first; null where none ends. */
export function renewal(links: readonly (string | null)[], now: number): number | null {
  const ends = links.map(linkEnds).filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(Math.max(Math.min(...ends) - now - AHEAD_MS, SOONEST_MS), LATEST_MS);
}

/** The address of what was changed so many times: a `track` reads another address, and stays on if it is. */
export function readAnew(link: string, changes: number): string {
  return changes ? `${link}${link.includes("?") ? "&" : "?"}changes=${changes}` : link;
}
