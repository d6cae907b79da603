// A film's timeline as it is shown under the player: who speaks when. Pure.
import type { Timeline, Turn } from "../api/types";

/** Seconds of film time. */
export interface Span {
  start: number;
  end: number;
}

export interface Lane {
  participant: string;
  name: string;
  spans: Span[];
}

export interface Chapter extends Span {
  name: string;
}

const US = 1_000_000;

/** Null if it is no timeline. */
export function parseTimeline(found: unknown): Timeline | null {
  const { start, end, turns, names } = (found ?? {}) as Partial<Timeline>;
  if (typeof start !== "number" || typeof end !== "number" || !Array.isArray(turns) || end <= start) return null;
  const good = (turns as Partial<Turn>[]).filter(
    (turn): turn is Turn => typeof turn.start === "number" && typeof turn.end === "number" && typeof turn.participant === "string",
  );
  return { start, end, turns: good, names: names ?? {} };
}

/** When anybody speaks, in seconds of film time. */
export function spansOf({ start, turns }: Timeline): Span[] {
  return turns.map((turn) => ({ start: (turn.start - start) / US, end: (turn.end - start) / US }));
}

/** One lane for each person who speaks, in the order of their first words; who has no name is numbered. */
export function lanesOf({ start, turns, names }: Timeline, unnamed: (n: number) => string): Lane[] {
  const lanes = new Map<string, Lane>();
  let nameless = 0;
  for (const turn of turns) {
    const { participant } = turn;
    let lane = lanes.get(participant);
    if (!lane) {
      lane = { participant, name: names[participant] || unnamed(++nameless), spans: [] };
      lanes.set(participant, lane);
    }
    lane.spans.push({ start: (turn.start - start) / US, end: (turn.end - start) / US });
  }
  return [...lanes.values()];
}
