// What the server's calls take and answer: its own description, and the files that it has no description of.
import type {
  ArchiveAnswer,
  ConnectAnswer,
  DoorAnswer,
  HitAnswer,
  LineAnswer,
  InvitationAnswer,
  LinkAnswer,
  NewInvitationAnswer,
  NewLinkAnswer,
  ReachAnswer,
  RenderAnswer,
  RoomAnswer,
  SessionAnswer,
} from "./schema";

export type ArchiveStatus = "started" | "paused" | "stopped" | "uploaded" | "available" | "failed" | "deleted" | "expired";

export type Session = SessionAnswer;
/** Where the media server is, and the right to enter one room of it. */
export type Connection = ConnectAnswer;
export type Render = RenderAnswer;
export type RoomNow = RoomAnswer;
/** How a room's door stands, and who waits before it. */
export type DoorNow = DoorAnswer;
export type Door = DoorNow["door"];
/** Who comes in from now on, and whether recordings that begin from now on may have transcripts. */
export interface DoorWish {
  door?: Door;
  transcripts?: boolean;
}

/** What somebody wrote in the room: `identity` and `id` together are its key. */
export type ChatLine = LineAnswer;

/** How a film shows its people; the words are OpenTok's, and `active-speaker` is ours. */
export const LAYOUTS = ["active-speaker", "bestFit", "pip", "verticalPresentation", "horizontalPresentation"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** `reason` says in words why it failed or ended; `createdAt` is in ms, `size` in bytes, `duration` in s. */
export interface Archive extends Omit<ArchiveAnswer, "status"> {
  status: ArchiveStatus;
}

/** A film, and the room that it was recorded in; null for an application's own session. */
export interface SeenFilm {
  film: Archive;
  room: string | null;
}

/** A moment of a film in which something sought is found: `at` s, by `name`; `marks` are places in its `text`. */
export type Hit = HitAnswer;

/** A film in a list: who is in it, and in how many moments of it something sought is found, with some of these. */
export interface FoundFilm extends SeenFilm {
  people: string[];
  moments: number;
  hits: Hit[];
}

export type Reach = ReachAnswer;

/** What a film's link lets its bearer do: watch it, or change and delete it, too. */
export type Grants = "view" | "edit";
export type FilmLink = LinkAnswer;
/** With its address, which is told once. */
export type NewFilmLink = NewLinkAnswer;

/** Into a room, in a role; times in ms. */
export type Invitation = InvitationAnswer;
/** With its address, which is told once. */
export type NewInvitation = NewInvitationAnswer;
export type Role = Invitation["role"];

/** Somebody speaks: µs of room time. */
export interface Turn {
  start: number;
  end: number;
  participant: string;
}

/** What a film's timeline tells, as far as it is shown: its length in µs of room time, who speaks when, and names. */
export interface Timeline {
  start: number;
  end: number;
  turns: Turn[];
  names: Record<string, string>;
}
