// What moderators do to others, asked of the server: disconnect, mute, end a stream.
import { Track } from "livekit-client";
import { OTError, type ErrorName } from "./errors";
import { moderate, type Access } from "./server";
import type { Stream } from "./streams";
import type { Roster } from "./Roster";

export class Moderation {
  /** Streams that come while everybody is muted are muted, too; but not those that were spared. */
  private muting = false;

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

  async mute(streams: readonly Stream[]): Promise<void> {
    for (const stream of streams) {
      const audio = this.roster.tracks(stream)?.audio;
      if (!audio) continue;
      const track = { connectionId: stream.connection.connectionId, track: audio.trackSid };
      await this.order("mute", track, "OT_UNABLE_TO_FORCE_MUTE");
    }
    if (streams.length === 0) this.check("OT_UNABLE_TO_FORCE_MUTE");
  }

  async muteAll(spared: readonly Stream[]): Promise<void> {
    const ids = new Set(spared.map(({ streamId }) => streamId));
    await this.mute(this.roster.streams().filter(({ streamId }) => !ids.has(streamId)));
    this.muting = true;
  }

  stopMuting(): void {
    this.check("OT_UNABLE_TO_FORCE_MUTE");
    this.muting = false;
  }

  /** Somebody publishes: muted, while everybody is. Whoever was muted may unmute. */
  welcome(stream: Stream): void {
    if (this.muting) this.mute([stream]).catch(() => undefined); // who is gone already needs no muting
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

  private async order(what: "disconnect" | "mute" | "unpublish", request: object, name: ErrorName): Promise<void> {
    this.check(name);
    await moderate(this.access, what, { sessionId: this.sessionId, ...request }, name);
  }
}

function isScreen(source: Track.Source | undefined): boolean {
  return source === Track.Source.ScreenShareAudio;
}
