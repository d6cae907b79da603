// A film's timeline as it is shown under the player: who is on screen when, and the chapters of it. Pure.
import type { Shot, Timeline } from "../api/types";

/** Seconds of film time. */
export interface Span {
  start: number;
  end: number;
}

export interface Lane {
  participant: string;
  /** Null for the stretches in which nobody was there. */
  name: string | null;
  spans: Span[];
}

export interface Chapter extends Span {
  name: string | null;
}

const US = 1_000_000;
/** Shorter stretches are a part of the chapter before. */
const SHORTEST_CHAPTER_S = 4;
const MOST_CHAPTERS = 60;

/** Null if it is no timeline. */
export function parseTimeline(found: unknown): Timeline | null {
  const { start, end, shots } = (found ?? {}) as Partial<Timeline>;
  if (typeof start !== "number" || typeof end !== "number" || !Array.isArray(shots) || end <= start) return null;
  const good = (shots as Partial<Shot>[]).filter(
    (shot): shot is Shot => typeof shot.start === "number" && typeof shot.end === "number" && typeof shot.participant === "string",
  );
  return good.length > 0 ? { start, end, shots: good } : null;
}

/** Whoever has no name is numbered, in the order of appearance. */
function namesOf(shots: readonly Shot[], unnamed: (n: number) => string): Map<string, string | null> {
  const names = new Map<string, string | null>([["", null]]);
  let count = 0;
  for (const { participant, name } of shots) {
    const known = names.get(participant);
    if (known === undefined) names.set(participant, name || unnamed(++count));
  }
  return names;
}

/** One lane for each person, in the order of appearance. */
export function lanesOf({ start, shots }: Timeline, unnamed: (n: number) => string): Lane[] {
  const names = namesOf(shots, unnamed);
  const lanes = new Map<string, Lane>();
  for (const shot of shots) {
    if (shot.participant === "") continue;
    const lane = lanes.get(shot.participant) ?? { participant: shot.participant, name: names.get(shot.participant) ?? null, spans: [] };
    lanes.set(shot.participant, lane);
    const span = { start: (shot.start - start) / US, end: (shot.end - start) / US };
    const last = lane.spans.at(-1);
    if (last && span.start - last.end < 0.05) last.end = span.end;
    else lane.spans.push(span);
  }
  return [...lanes.values()];
}

/** Who is on screen one after another; what is too short to be a chapter belongs to the one before. */
export function chaptersOf(timeline: Timeline, unnamed: (n: number) => string): Chapter[] {
  const { start, end, shots } = timeline;
  const names = namesOf(shots, unnamed);
  const shortest = Math.max(SHORTEST_CHAPTER_S, (end - start) / US / MOST_CHAPTERS);
  const chapters: Chapter[] = [];
  for (const shot of shots) {
    const chapter = { name: names.get(shot.participant) ?? null, start: (shot.start - start) / US, end: (shot.end - start) / US };
    const last = chapters.at(-1);
    if (last && (last.name === chapter.name || last.end - last.start < shortest)) {
      if (last.end - last.start < shortest && chapter.end - chapter.start > last.end - last.start) last.name = chapter.name;
      last.end = chapter.end;
    } else {
      chapters.push(chapter);
    }
  }
  const final = chapters.at(-1);
  if (final && chapters.length > 1 && final.end - final.start < shortest) {
    chapters.pop();
    const before = chapters.at(-1);
    if (before) before.end = final.end;
  }
  return chapters;
}
