// The words of a transcript, by their numbers in all of it: what a film is cut by. Pure.
import { keeps } from "./cutting";
import type { Span } from "./timeline";

export interface Word extends Span {
  /** In the whole transcript, from 0. */
  number: number;
  text: string;
}

export interface SpokenPassage {
  name: string;
  language: string;
  /** Seconds of film time. */
  at: number;
  words: Word[];
}

/** Null if it is no transcript. */
export function parseSpoken(found: unknown): SpokenPassage[] | null {
  const { passages } = (found ?? {}) as { passages?: unknown };
  if (!Array.isArray(passages)) return null;
  let number = 0;
  return (passages as Record<string, unknown>[]).map(({ name, language, from, words }) => ({
    name: typeof name === "string" ? name : "",
    language: typeof language === "string" ? language : "",
    at: Number(from) || 0,
    words: (Array.isArray(words) ? (words as Record<string, unknown>[]) : []).map((word) => ({
      number: number++,
      start: Number(word["from"]),
      end: Number(word["to"]),
      text: typeof word["text"] === "string" ? word["text"] : "",
    })),
  }));
}

/** Which words of a passage are cut out, as a text of 0 and 1: texts are soon compared. */
export function cutOut({ words }: SpokenPassage, parts: readonly Span[]): string {
  return words.map(({ start, end }) => (keeps(parts, (start + end) / 2) ? "0" : "1")).join("");
}
