// What moderators do to others, asked of the server: disconnect, mute, end a stream.
import { Track } from "livekit-client";
import { OTError, type ErrorName } from "./errors";
import { moderate, type Access, type Order } from "./server";
import type { Stream } from "./streams";
import type { Roster } from "./Roster";

export class Moderation {
  constructor(
    private readonly sessionId: string,
    private readonly access: Access,
    private readonly roster: Roster,
  ) {}

  get allowed(): boolean {
    return this.access.role === "moderator";
  }

  async disconnect(identity: string): Promise<void> {
    await this.order("disconnect", { connectionId: identity }, "OT_UNABLE_TO_FORCE_DISCONNECT");
  }

  async mute(stream: Stream): Promise<void> {
    const audio = this.roster.tracks(stream)?.audio;
    if (!audio) return this.check("OT_UNABLE_TO_FORCE_MUTE");
    const track = { connectionId: stream.connection.connectionId, track: audio.trackSid };
    await this.order("mute", track, "OT_UNABLE_TO_FORCE_MUTE");
  }

  /** Everybody, and whoever publishes later, until that is lifted; the server tells all. */
  async muteAll(active: boolean, spared: readonly Stream[] = []): Promise<void> {
    await this.order("mute-all", { active, spared: spared.map(({ streamId }) => streamId) }, "OT_UNABLE_TO_FORCE_MUTE");
  }

  /** Ends the stream; they may publish again, as with OpenTok. */
  async unpublish(stream: Stream): Promise<void> {
    const name = "OT_UNABLE_TO_FORCE_UNPUBLISH";
    this.check(name);
    const tracks = this.roster.tracks(stream);
    if (!tracks) throw new OTError("OT_STREAM_NOT_FOUND", "There is no such stream in the session");
    const screen = stream.videoType === "screen" || isScreen(tracks.audio?.source);
    const { connectionId } = stream.connection;
    await this.order("unpublish", { connectionId, stream: screen ? "screen" : "camera" }, name);
  }

  private check(name: ErrorName): void {
    if (!this.allowed) throw new OTError(name, "The token's role is not moderator");
  }

  private async order(what: Order, request: object, name: ErrorName): Promise<void> {
    this.check(name);
    await moderate(this.access, what, { sessionId: this.sessionId, ...request }, name);
  }
}

function isScreen(source: Track.Source | undefined): boolean {
  return source === Track.Source.ScreenShareAudio;
}
