// Where a visit stands, and how it may end.
import { DisconnectReason } from "livekit-client";

export type EndReason = "removed" | "duplicate" | "closed" | "lost";

export type Phase =
  | { at: "joining" }
  /** A moderator is to let this person in. */
  | { at: "waiting" }
  | { at: "connected"; reconnecting: boolean }
  | { at: "failed"; message: string }
  | { at: "ended"; reason: EndReason };

export function endReason(reason: DisconnectReason | undefined): EndReason {
  switch (reason) {
    case DisconnectReason.PARTICIPANT_REMOVED:
      return "removed";
    case DisconnectReason.DUPLICATE_IDENTITY:
      return "duplicate";
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return "closed";
    default:
      return "lost";
  }
}
