// Somebody's stream as this client sees and hears it.
import { Track, type RemoteTrackPublication } from "livekit-client";
import { insert, newVideo, type ElementProperties, type Target } from "./elements";
import { Emitter } from "./Emitter";
import type { Stream, Tracks } from "./streams";

export interface SubscriberProperties extends ElementProperties {
  subscribeToAudio?: boolean;
  subscribeToVideo?: boolean;
  audioVolume?: number; // 0 to 100
}

export class Subscriber extends Emitter {
  readonly id = crypto.randomUUID();
  element: HTMLElement | undefined;
  private readonly video: HTMLVideoElement;
  private readonly attached = new Set<RemoteTrackPublication["track"]>();
  private readonly wants: Record<"audio" | "video", boolean>;
  private volume: number;
  private tracks: Tracks<RemoteTrackPublication> = { audio: undefined, video: undefined };
  private connected = false;

  constructor(
    readonly stream: Stream,
    target: Target,
    properties: SubscriberProperties,
  ) {
    super();
    this.video = newVideo(false, properties.fitMode ?? (stream.videoType === "screen" ? "contain" : "cover"));
    this.wants = { audio: properties.subscribeToAudio !== false, video: properties.subscribeToVideo !== false };
    this.volume = properties.audioVolume ?? 100;
    if (properties.insertDefaultUI !== false) this.element = insert(this.video, target, "OT_subscriber", properties);
  }

  subscribeToAudio(wanted: boolean): this {
    this.wants.audio = wanted;
    return this.follow(this.tracks);
  }

  subscribeToVideo(wanted: boolean): this {
    this.wants.video = wanted;
    return this.follow(this.tracks);
  }

  /** 0 to 100. */
  setAudioVolume(volume: number): this {
    this.volume = Math.min(100, Math.max(0, volume));
    this.video.volume = this.volume / 100;
    return this;
  }

  getAudioVolume(): number {
    return this.volume;
  }

  videoWidth(): number {
    return this.video.videoWidth;
  }

  videoHeight(): number {
    return this.video.videoHeight;
  }

  getImgData(): string | null {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.video.videoWidth, this.video.videoHeight];
    const drawing = canvas.getContext("2d");
    if (!drawing || !canvas.width) return null;
    drawing.drawImage(this.video, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1] ?? null;
  }

  /** What the stream consists of now; for the session. */
  follow(tracks: Tracks<RemoteTrackPublication>): this {
    this.tracks = tracks;
    for (const publication of [tracks.audio, tracks.video]) {
      if (!publication) continue;
      if (!publication.isDesired) publication.setSubscribed(true);
      publication.setEnabled(this.wants[publication.kind === Track.Kind.Audio ? "audio" : "video"]);
      const { track } = publication;
      if (!track || this.attached.has(track)) continue;
      track.attach(this.video);
      this.attached.add(track);
      this.video.volume = this.volume / 100;
      if (!this.connected) {
        this.connected = true;
        this.dispatch("videoElementCreated", { element: this.video });
        this.dispatch("connected");
      }
    }
    return this;
  }

  /** Leaves the page; for the session. */
  destroy(reason: string): void {
    for (const track of this.attached) track?.detach(this.video);
    this.attached.clear();
    this.element?.remove();
    this.dispatch("destroyed", { reason });
  }

  /** Lets the engine stop sending, once nobody here watches. */
  release(): void {
    this.tracks.audio?.setSubscribed(false);
    this.tracks.video?.setSubscribed(false);
  }
}
