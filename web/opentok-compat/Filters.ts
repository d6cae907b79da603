// A publisher's filters: which ones it has, and what they do to its tracks.
import type { LocalAudioTrack, LocalVideoTrack } from "livekit-client";
import { canReplace } from "../src/room/rawTracks";
import type { AudioFilter, MediaProcessorConnector, PublisherProperties, VideoFilter } from "./contract/properties";
import { OTError } from "./errors";
import { backgroundOf, Connected } from "./processors";
import { audioContext } from "./levels";
import { warnOnce } from "./noops";
import type { Sources } from "./Sources";

export class Filters {
  audio: AudioFilter | null = null;
  video: VideoFilter | null = null;

  constructor(
    private readonly sources: Sources,
    private readonly properties: PublisherProperties,
    private readonly server: () => string,
  ) {}

  async applyVideo(filter: VideoFilter): Promise<void> {
    const track = this.picture();
    if (!canReplace()) return warnOnce("this browser cannot filter pictures; hasMediaProcessorSupport() says so.");
    await track.setProcessor(await backgroundOf(filter, this.server()));
    this.video = filter;
  }

  async clearVideo(): Promise<void> {
    this.video = null;
    const track = this.sources.picture;
    if (track?.getProcessor()) await track.stopProcessor();
  }

  /** The browser's own suppression; voices alone where it can tell them from the rest. */
  async applyAudio(filter: AudioFilter): Promise<void> {
    await this.sound().applyConstraints({ noiseSuppression: true, voiceIsolation: true });
    this.audio = filter;
  }

  async clearAudio(): Promise<void> {
    if (!this.audio) return;
    this.audio = null;
    const { noiseSuppression, disableAudioProcessing } = this.properties;
    await this.sources.sound?.applyConstraints({ noiseSuppression: noiseSuppression ?? !(disableAudioProcessing ?? false), voiceIsolation: false });
  }

  async connectVideo(connector: MediaProcessorConnector | null): Promise<void> {
    if (!connector) return await this.clearVideo();
    const track = this.picture();
    this.video = null;
    await track.setProcessor(new Connected(connector));
  }

  async connectAudio(connector: MediaProcessorConnector | null): Promise<void> {
    const track = this.sound();
    if (!connector) {
      if (track.getProcessor()) await track.stopProcessor();
      return;
    }
    await track.setAudioContext(audioContext());
    await track.setProcessor(new Connected(connector));
  }

  private picture(): LocalVideoTrack {
    const video = this.sources.picture;
    if (!video) throw new OTError("OT_NOT_SUPPORTED", "The publisher has no picture to filter");
    return video;
  }

  private sound(): LocalAudioTrack {
    const audio = this.sources.sound;
    if (!audio) throw new OTError("OT_NOT_SUPPORTED", "The publisher has no sound to filter");
    return audio;
  }
}
