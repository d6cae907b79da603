// What this client sends with one picture and one sound, and how it sees itself.
import { Track, type LocalTrack, type LocalTrackPublication, type Room } from "livekit-client";
import { capture, isScreen, type CaptureProperties, type Captured } from "./capture";
import { insert, newVideo, type ElementProperties, type Target } from "./elements";
import { Emitter } from "./Emitter";
import { mediaProblem, OTError } from "./errors";
import { kindOf, tracksOf, type Kind, type Stream, type Tracks } from "./streams";

export interface PublisherProperties extends CaptureProperties, ElementProperties {
  name?: string;
  publishAudio?: boolean;
  publishVideo?: boolean;
  mirror?: boolean;
}

export class Publisher extends Emitter {
  readonly id = crypto.randomUUID();
  readonly kind: Kind;
  /** Settles when the browser has given or refused camera and microphone. */
  readonly ready: Promise<void>;
  element: HTMLElement | undefined;
  stream: Stream | null = null;
  session: unknown = null;
  accessAllowed = false;
  private readonly video: HTMLVideoElement;
  private captured: Captured[] = [];
  private destroyed = false;

  constructor(target: Target, private readonly properties: PublisherProperties) {
    super();
    const screen = isScreen(properties.videoSource);
    this.kind = screen ? "screen" : "camera";
    const ownTrack = properties.videoSource instanceof MediaStreamTrack;
    this.video = newVideo(properties.mirror ?? !(screen || ownTrack), properties.fitMode ?? (screen ? "contain" : "cover"));
    this.video.muted = true;
    if (properties.insertDefaultUI !== false) this.element = insert(this.video, target, "OT_publisher", properties);
    this.ready = this.capture();
    this.ready.catch(() => undefined);
  }

  publishAudio(publish: boolean): void {
    void this.mute(Track.Kind.Audio, !publish);
  }

  publishVideo(publish: boolean): void {
    void this.mute(Track.Kind.Video, !publish);
  }

  getAudioSource(): MediaStreamTrack | undefined {
    return this.trackOf(Track.Kind.Audio)?.mediaStreamTrack;
  }

  getVideoSource(): { track: MediaStreamTrack | undefined } {
    return { track: this.trackOf(Track.Kind.Video)?.mediaStreamTrack };
  }

  /** Leaves the session, the page and the devices. */
  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.dispatch("destroying"); // the session unpublishes
    this.release();
    this.element?.remove();
    this.dispatch("destroyed");
    return this;
  }

  /** Sends all there is; for the session. */
  async sendTo(room: Room): Promise<Tracks<LocalTrackPublication>> {
    await this.ready;
    // TypeScript believes that waiting changes nothing.
    if (this.isDestroyed()) throw new OTError("OT_UNABLE_TO_PUBLISH", "The publisher is destroyed");
    const me = room.localParticipant;
    for (const { track, source } of this.captured) {
      await me.publishTrack(track, { source, ...(this.properties.name ? { name: this.properties.name } : {}) });
    }
    return this.publications(room);
  }

  /** Takes it back; the devices stay open. */
  async withdrawFrom(room: Room): Promise<void> {
    await Promise.all(this.captured.map(({ track }) => room.localParticipant.unpublishTrack(track, false)));
  }

  publications(room: Room): Tracks<LocalTrackPublication> {
    return tracksOf(room.localParticipant.trackPublications.values() as Iterable<LocalTrackPublication>, this.kind);
  }

  private isDestroyed(): boolean {
    return this.destroyed;
  }

  private async capture(): Promise<void> {
    try {
      this.captured = await capture(this.properties);
    } catch (thrown) {
      const error = mediaProblem(thrown);
      if (error.name === "OT_USER_MEDIA_ACCESS_DENIED") this.dispatch("accessDenied", {}, () => this.destroy());
      throw error;
    }
    if (this.isDestroyed()) return this.release();
    if (this.properties.publishAudio === false) await this.trackOf(Track.Kind.Audio)?.mute();
    if (this.properties.publishVideo === false) await this.trackOf(Track.Kind.Video)?.mute();
    this.accessAllowed = true;
    this.trackOf(Track.Kind.Video)?.attach(this.video);
    for (const { track } of this.captured) {
      track.mediaStreamTrack.addEventListener("ended", () => {
        if (kindOf(track.source) === "screen" && track.kind === Track.Kind.Video) this.mediaStopped();
      });
    }
    this.dispatch("accessAllowed");
    this.dispatch("videoElementCreated", { element: this.video });
  }

  private mediaStopped(): void {
    if (this.destroyed) return;
    this.dispatch("mediaStopped");
    this.destroy();
  }

  private trackOf(kind: Track.Kind): LocalTrack | undefined {
    return this.captured.find(({ track }) => track.kind === kind)?.track;
  }

  private async mute(kind: Track.Kind, muted: boolean): Promise<void> {
    await this.ready.catch(() => undefined);
    const track = this.trackOf(kind);
    await (muted ? track?.mute() : track?.unmute());
  }

  private release(): void {
    for (const { track } of this.captured) {
      track.detach();
      track.stop();
    }
  }
}
