// What the server's calls take and answer: its own description, and the fields that only newer servers have.
import type { ArchiveAnswer, ConnectAnswer, RenderAnswer, SessionAnswer } from "./schema";

export type ArchiveStatus = "started" | "paused" | "stopped" | "uploaded" | "available" | "failed" | "deleted" | "expired";

export type Session = SessionAnswer;
/** Where the media server is, and the right to enter one room of it. */
export type Connection = ConnectAnswer;
export type Render = RenderAnswer;

/** How a film shows its people; the words are OpenTok's, and `active-speaker` is ours. */
export const LAYOUTS = ["active-speaker", "bestFit", "pip", "verticalPresentation", "horizontalPresentation"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** `reason` says in words why it failed or ended; `createdAt` is in ms, `size` in bytes, `duration` in s. */
export interface Archive extends Omit<ArchiveAnswer, "status"> {
  status: ArchiveStatus;
  /** Who is on screen, and when. */
  timelineUrl?: string | null;
  /** What was written in the chat. */
  chatUrl?: string | null;
  /** The tracks as they were taken. */
  tracksUrl?: string | null;
  /** A picture of the film. */
  posterUrl?: string | null;
  layout?: string | null;
  /** How much of the film is made, 0 to 1. */
  progress?: number | null;
}

/** One unbroken picture of a film: µs of room time. */
export interface Shot {
  start: number;
  end: number;
  participant: string;
  name?: string | null;
  showing: string;
  reason?: string;
}

export interface Timeline {
  start: number;
  end: number;
  shots: Shot[];
}
