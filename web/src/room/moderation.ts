// What only somebody may do whose access token says "room admin": calls of LiveKit's own server API.
import { decodeJwt } from "./jwt";

/** The right to mute and remove others in one room. */
export class Moderator {
  private constructor(
    private readonly url: string,
    private readonly accessToken: string,
    private readonly room: string,
  ) {}

  /** Null if the token does not grant it; the media server checks the token at each call. */
  static of(url: string, accessToken: string): Moderator | null {
    const video = decodeJwt(accessToken)?.["video"] as { roomAdmin?: boolean; room?: string } | undefined;
    if (!video?.roomAdmin || !video.room) return null;
    return new Moderator(url.replace(/^ws/u, "http").replace(/\/$/u, ""), accessToken, video.room);
  }

  async remove(identity: string): Promise<void> {
    await this.call("RemoveParticipant", { identity });
  }

  async mute(identity: string, trackSid: string): Promise<void> {
    await this.call("MutePublishedTrack", { identity, track_sid: trackSid, muted: true });
  }

  private async call(method: string, body: object): Promise<void> {
    const answer = await fetch(`${this.url}/twirp/livekit.RoomService/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.accessToken}` },
      body: JSON.stringify({ room: this.room, ...body }),
    });
    if (!answer.ok) throw new Error(`${method}: ${answer.status}`);
  }
}
