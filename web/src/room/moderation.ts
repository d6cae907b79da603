// What only a moderator may do; the server checks the token of the session at each call.
import { moderate } from "../api/client";
import type { Session } from "../api/types";

/** The right to mute and remove others in one room. */
export class Moderator {
  constructor(private readonly session: Session) {}

  async remove(identity: string): Promise<void> {
    await moderate("disconnect", this.session, { connectionId: identity });
  }

  async mute(identity: string, trackSid: string): Promise<void> {
    await moderate("mute", this.session, { connectionId: identity, track: trackSid });
  }
}
