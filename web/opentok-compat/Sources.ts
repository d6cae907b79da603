// A publisher's devices and tracks: which there are, whether they are muted, and how one takes the place of another.
import { LocalAudioTrack, LocalVideoTrack, Track, type LocalTrack } from "livekit-client";
import type { Captured } from "./capture";
import { OTError } from "./errors";
import { rawTrack } from "../src/room/rawTracks";
import type { Kind } from "./streams";

export type Media = Track.Kind.Audio | Track.Kind.Video;

export class Sources {
  captured: Captured[] = [];

  constructor(
    private readonly kind: Kind,
    /** What was asked for last; what the engine does beyond that was somebody else's wish. */
    readonly muted: Record<Media, boolean>,
  ) {}

  get sound(): LocalAudioTrack | undefined {
    return this.captured.map(({ track }) => track).find((track) => track instanceof LocalAudioTrack);
  }

  get picture(): LocalVideoTrack | undefined {
    return this.captured.map(({ track }) => track).find((track) => track instanceof LocalVideoTrack);
  }

  /** What OpenTok says of the picture: a device's id, for a camera only. */
  get video(): { deviceId: string | null; type: string | null; track: MediaStreamTrack | null } {
    const picture = this.captured.find(({ track }) => track.kind === Track.Kind.Video);
    if (!picture) return { deviceId: null, type: null, track: null };
    const type = this.kind === "screen" ? "screen" : picture.source === Track.Source.Camera ? "camera" : "custom";
    const deviceId = type === "camera" ? (rawTrack(picture.track).getSettings().deviceId ?? null) : null;
    return { deviceId, type, track: picture.track.mediaStreamTrack };
  }

  stream(): MediaStream {
    return new MediaStream(this.captured.map(({ track }) => track.mediaStreamTrack));
  }

  /** Brings a track to what was asked for last. */
  async settle(media: Media): Promise<void> {
    const track = this.of(media);
    if (!track || track.isMuted === this.muted[media]) return;
    await (this.muted[media] ? track.mute() : track.unmute());
  }

  /**
   * Another device, or a track of the application's own, in the place of what there is. `show` is where pictures are seen.
   * Raises OTError where there is nothing to replace, and for a device that is not there.
   */
  async switchTo(media: Media, source: string | MediaStreamTrack, published: boolean, show: HTMLVideoElement): Promise<void> {
    const track = this.of(media);
    if (!track || this.kind === "screen") throw new OTError("OT_NOT_SUPPORTED", `The publisher has no ${media} of a device that could be another`);
    if (typeof source === "string") {
      if (!(await track.setDeviceId({ exact: source }))) throw new OTError("OT_NO_DEVICES_FOUND", "The browser gave another device");
    } else if (published) await track.replaceTrack(source, true);
    else this.exchange(track, source, show);
  }

  async constrain(constraints: MediaTrackConstraints): Promise<void> {
    const track = this.picture && rawTrack(this.picture);
    if (track) await track.applyConstraints({ ...track.getConstraints(), ...constraints });
  }

  release(): void {
    for (const { track } of this.captured) {
      track.detach();
      track.stop();
    }
  }

  private of(media: Media): LocalAudioTrack | LocalVideoTrack | undefined {
    return media === Track.Kind.Audio ? this.sound : this.picture;
  }

  /** Before anything is published there is no sender that could go on with another track. */
  private exchange(track: LocalTrack, source: MediaStreamTrack, show: HTMLVideoElement): void {
    const other = track.kind === Track.Kind.Audio ? new LocalAudioTrack(source) : new LocalVideoTrack(source);
    this.captured = this.captured.map((each) => (each.track === track ? { ...each, track: other } : each));
    track.stop();
    if (other instanceof LocalVideoTrack) other.attach(show);
  }
}
