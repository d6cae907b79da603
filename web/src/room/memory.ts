// What this browser remembers between visits: who is in front of it, how they like it, and where they were.
import type { Background } from "./backgrounds";

export interface Choices {
  camera: boolean;
  microphone: boolean;
  background: Background;
  /** Whether the noise around is taken from the microphone. */
  denoise: boolean;
  /** Whether one is told of who comes and goes and of what is written; and whether with a sound. */
  notices: boolean;
  sounds: boolean;
  /** Whether one does without one's own picture while others are there. */
  hidesMe: boolean;
  cameraId: string | null;
  microphoneId: string | null;
  speakerId: string | null;
}

/** A session that this browser was in. */
export interface Visit {
  sessionId: string;
  roomName: string;
  /** Milliseconds since 1970. */
  at: number;
}

const NAME = "reelroom.name";
const CHOICES = "reelroom.choices";
const VISITS = "reelroom.visits";
const MOST_VISITS = 50;
const everything: Choices = {
  camera: true,
  microphone: true,
  background: "none",
  denoise: false,
  notices: true,
  sounds: true,
  hidesMe: false,
  cameraId: null,
  microphoneId: null,
  speakerId: null,
};

/** Storage may be forbidden; then nothing is remembered and nothing breaks. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // See recall.
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

export function rememberedName(): string {
  return recall(NAME) ?? "";
}

export function rememberName(name: string): void {
  remember(NAME, name);
}

export function rememberedChoices(): Choices {
  const { blur, ...known } = (parsed(recall(CHOICES)) ?? {}) as Partial<Choices> & { blur?: boolean };
  // A background could only be blurred once.
  return { ...everything, ...(blur && { background: "blur" as const }), ...known };
}

/** What is not named stays as it was chosen before. */
export function rememberChoices(change: Partial<Choices>): void {
  remember(CHOICES, JSON.stringify({ ...rememberedChoices(), ...change }));
}

/** The latest first, each room once. */
export function rememberedVisits(): Visit[] {
  const found = parsed(recall(VISITS));
  if (!Array.isArray(found)) return [];
  return (found as Partial<Visit>[]).filter(
    (visit): visit is Visit => typeof visit.sessionId === "string" && typeof visit.roomName === "string",
  );
}

export function rememberVisit(visit: Visit): void {
  const others = rememberedVisits().filter(({ sessionId }) => sessionId !== visit.sessionId);
  remember(VISITS, JSON.stringify([visit, ...others].slice(0, MOST_VISITS)));
}

export function forgetVisits(): void {
  remember(VISITS, "[]");
}
