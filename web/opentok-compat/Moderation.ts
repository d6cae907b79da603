// What moderators do to others, asked of the engine: disconnect, mute, end a stream.
import { RemoteParticipant, Track, type Room } from "livekit-client";
import { OTError, type ErrorName } from "./errors";
import { mayModerate, moderate, type Access } from "./server";
import type { Kind, Stream } from "./streams";
import type { Roster } from "./Roster";

/** The sources of the engine that a stream is made of; `unknown` are tracks of applications' own. */
const SOURCES: Record<Kind, readonly string[]> = {
  camera: ["CAMERA", "MICROPHONE", "UNKNOWN"],
  screen: ["SCREEN_SHARE", "SCREEN_SHARE_AUDIO"],
};

export class Moderation {
  /** Streams that come while everybody is muted are muted, too; but not those that were spared. */
  private muting = false;

  constructor(
    private readonly sessionId: string,
    private readonly access: Access,
    private readonly room: Room,
    private readonly roster: Roster,
  ) {}

  get allowed(): boolean {
    return mayModerate(this.access.accessToken);
  }

  async disconnect(identity: string): Promise<void> {
    await this.order("RemoveParticipant", { identity }, "OT_UNABLE_TO_FORCE_DISCONNECT");
  }

  async mute(streams: readonly Stream[]): Promise<void> {
    for (const stream of streams) {
      const audio = this.roster.tracks(stream)?.audio;
      if (!audio) continue;
      const track = { identity: stream.connection.connectionId, trackSid: audio.trackSid, muted: true };
      await this.order("MutePublishedTrack", track, "OT_UNABLE_TO_FORCE_MUTE");
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

  /**
   * Takes from a participant the right to publish what the stream consists of, so that the engine ends it, and gives it back:
   * they may publish again, as with OpenTok.
   */
  async unpublish(stream: Stream): Promise<void> {
    const name = "OT_UNABLE_TO_FORCE_UNPUBLISH";
    this.check(name);
    const { connectionId: identity } = stream.connection;
    const participant = this.room.remoteParticipants.get(identity);
    if (!(participant instanceof RemoteParticipant) || !this.roster.tracks(stream)) throw new OTError("OT_STREAM_NOT_FOUND", "There is no such stream in the session");
    const permission = participant.permissions?.toJson() as Record<string, unknown> | undefined;
    if (!permission) throw new OTError(name, "The media server does not say what they may do");
    const other = stream.videoType === "screen" || isScreen(this.roster.tracks(stream)?.audio?.source) ? SOURCES.camera : SOURCES.screen;
    await this.order("UpdateParticipant", { identity, permission: { ...permission, canPublishSources: other } }, name);
    await this.order("UpdateParticipant", { identity, permission }, name);
  }

  private check(name: ErrorName): void {
    if (!this.allowed) throw new OTError(name, "The token's role is not moderator");
  }

  private async order(method: string, request: object, name: ErrorName): Promise<void> {
    this.check(name);
    await moderate(this.access, method, { room: this.sessionId, ...request }, name);
  }
}

function isScreen(source: Track.Source | undefined): boolean {
  return source === Track.Source.ScreenShareAudio;
}
