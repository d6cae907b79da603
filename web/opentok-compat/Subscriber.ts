// Somebody's stream as this client sees and hears it.
import { ConnectionQuality, Track, VideoQuality, type RemoteTrackPublication } from "livekit-client";
import type { Caption } from "./Captions";
import type { CaptionsLanguageCode, Dimensions, MediaProcessorConnector, SubscriberProperties } from "./contract/properties";
import type { Subscriber as Contract } from "./contract/objects";
import type { SubscriberStats } from "./contract/stats";
import { Controls } from "./controls";
import { insert, newVideo, still, watchSize, type Target } from "./elements";
import { Emitter } from "./Emitter";
import { OTError } from "./errors";
import { Level } from "./levels";
import { nothing } from "./noops";
import { silent, sounds, unblock } from "./outputs";
import { found, promised, withPromise } from "./promises";
import { conditionOf, subscriberStats } from "./stats";
import type { Stream, Tracks } from "./streams";
import { styleOf } from "./styles";

type Media = "audio" | "video";

/** What a stream is slowed down to by `restrictFrameRate`. */
const RESTRICTED_FPS = 1;
const UNRESTRICTED_FPS = 60;

export class Subscriber extends Emitter implements Contract {
  readonly id = crypto.randomUUID();
  element?: HTMLElement;
  private readonly video: HTMLVideoElement;
  private readonly controls: Controls | undefined;
  private readonly attached = new Set<RemoteTrackPublication["track"]>();
  private readonly wants: Record<Media, boolean>;
  /** Connectors of the application's own, and the tracks that they make. */
  private readonly connectors = new Map<Media, { connector: MediaProcessorConnector; from: MediaStreamTrack; to: MediaStreamTrack }>();
  private volume: number;
  private resolution: Dimensions | undefined;
  private frameRate: number | undefined;
  private tracks: Tracks<RemoteTrackPublication> = { audio: undefined, video: undefined };
  private connected = false;
  private gone = false;
  private shown: boolean | undefined; // whether the picture was said to be there
  private paused = false; // by the engine, for want of bandwidth
  private quality = ConnectionQuality.Unknown;
  private blocked = false;
  private captions = false;
  private language: CaptionsLanguageCode | null = null;
  private level: Level | undefined;
  private before: SubscriberStats | undefined;

  constructor(
    readonly stream: Stream,
    target: Target,
    private readonly properties: SubscriberProperties,
    /** Tells the server whether anybody here reads captions. */
    private readonly reads: () => Promise<void> = () => Promise.resolve(),
  ) {
    super();
    const { preferredResolution, preferredFrameRate } = properties;
    this.video = newVideo(false, properties.fitMode ?? (stream.videoType === "screen" ? "contain" : "cover"));
    watchSize(this.video, (change) => this.dispatch("videoDimensionsChanged", change));
    this.wants = { audio: properties.subscribeToAudio !== false, video: properties.subscribeToVideo !== false };
    this.volume = properties.audioVolume ?? 100;
    this.resolution = typeof preferredResolution === "object" ? preferredResolution : undefined;
    this.frameRate = preferredFrameRate;
    this.captions = properties.subscribeToCaptions === true;
    if (properties.insertDefaultUI !== false) {
      this.element = insert(this.video, target, "OT_subscriber", properties);
      const { name, initials } = stream;
      const mute = (muted: boolean) => void this.subscribeToAudio(!muted);
      const wish = { kind: "subscriber", name, initials, style: properties.style, mute, unblock: () => void unblock() } as const;
      this.controls = new Controls(this.element, wish, properties);
    }
    sounds(this.video);
  }

  readonly subscribeToAudio = this.switchOf("audio");
  readonly subscribeToVideo = this.switchOf("video");

  /** 0 to 100. */
  readonly setAudioVolume = this.withItself((volume: number) => {
    this.volume = Math.min(100, Math.max(0, volume));
    this.video.volume = this.volume / 100;
  });

  readonly restrictFrameRate = this.withItself((restricted: boolean) => {
    this.frameRate = restricted ? RESTRICTED_FPS : (this.properties.preferredFrameRate ?? UNRESTRICTED_FPS);
    this.ask();
  });

  getAudioVolume(): number {
    return this.volume;
  }

  setPreferredResolution(resolution: Dimensions | "auto"): Promise<void> {
    this.resolution = typeof resolution === "object" ? resolution : undefined;
    if (!this.resolution) this.tracks.video?.setVideoQuality(VideoQuality.HIGH);
    this.ask();
    return Promise.resolve();
  }

  setPreferredFrameRate(framesPerSecond: number): Promise<void> {
    this.frameRate = framesPerSecond;
    this.ask();
    return Promise.resolve();
  }

  videoWidth(): number | undefined {
    return this.video.videoWidth || undefined;
  }

  videoHeight(): number | undefined {
    return this.video.videoHeight || undefined;
  }

  getImgData(): string | null {
    return still(this.video);
  }

  isAudioBlocked(): boolean {
    return this.blocked;
  }

  getStats(done?: (error?: OTError, stats?: SubscriberStats) => void): Promise<SubscriberStats> {
    return found(this.measure(), "OT_NOT_CONNECTED", done);
  }

  async getRtcStatsReport(): Promise<Map<string, unknown>> {
    const report = await (this.tracks.video?.track ?? this.tracks.audio?.track)?.getRTCStatsReport();
    if (!report) throw new OTError("OT_NOT_CONNECTED", "The subscriber is not connected");
    return new Map([...report.entries()] as [string, unknown][]);
  }

  getStyle() {
    return this.controls?.style ?? styleOf(this.properties.style, this.properties);
  }

  setStyle(name: unknown, value?: unknown): void {
    this.controls?.setStyle(name, value);
    this.show();
  }

  isSubscribedToCaptions(): boolean {
    return this.captions;
  }

  subscribeToCaptions(wanted: boolean): Promise<void> {
    this.captions = wanted;
    return promised(this.reads(), "OT_NOT_SUPPORTED");
  }

  getCaptionsTranslationLanguage(): CaptionsLanguageCode | null {
    return this.language;
  }

  setCaptionsTranslationLanguage(language: CaptionsLanguageCode | null): Promise<void> {
    this.language = language;
    nothing("Subscriber.setCaptionsTranslationLanguage");
    return Promise.resolve();
  }

  setAudioMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void> {
    return promised(this.connect("audio", connector), "OT_NOT_SUPPORTED");
  }

  setVideoMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void> {
    return promised(this.connect("video", connector), "OT_NOT_SUPPORTED");
  }

  // For the session

  /** What the stream consists of now. */
  follow(tracks: Tracks<RemoteTrackPublication>): this {
    if (this.gone) return this;
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
      if (publication === tracks.video) this.ask();
      if (!this.connected) this.begin();
    }
    this.show();
    return this;
  }

  /** The connection to the session breaks off, and is back. */
  link(up: boolean): void {
    if (this.connected) this.dispatch(up ? "connected" : "disconnected");
  }

  receives(publication: RemoteTrackPublication): boolean {
    return publication === this.tracks.video;
  }

  /** What somebody says, as text: where it is of this stream, and wanted. */
  read({ trackId, text, final }: Caption): void {
    if (!this.captions || trackId !== this.tracks.audio?.trackSid) return;
    this.dispatch("captionReceived", { streamId: this.stream.streamId, caption: text, isFinal: final });
  }

  /** The engine has no bandwidth for the picture, or has again. */
  pause(paused: boolean): void {
    this.paused = paused;
    this.show("quality");
  }

  /** The engine says how the connection is. */
  linked(quality: ConnectionQuality): void {
    const [was, is] = [conditionOf(this.quality), conditionOf(quality)];
    this.quality = quality;
    if (was === is || !this.connected) return;
    const [warned, warns] = [was, is].map((each) => each === "warning" || each === "critical");
    if (warns && !warned && this.wants.video) this.dispatch("videoDisableWarning");
    if (warned && !warns) this.dispatch("videoDisableWarningLifted");
    this.show();
    void this.measure().then(
      (stats) => this.dispatch("networkConditionChanged", { reason: "networkConditionChanged", stats }),
      () => undefined,
    );
  }

  /** The browser plays no sound before somebody touches the page; and then it does. */
  block(blocked: boolean): void {
    if (blocked === this.blocked) return;
    this.blocked = blocked;
    this.controls?.show({ blocked });
    this.dispatch(blocked ? "audioBlocked" : "audioUnblocked");
  }

  /** Leaves the page. */
  destroy(reason: string): void {
    if (this.gone) return;
    this.gone = true;
    this.level?.stop();
    silent(this.video);
    for (const track of this.attached) track?.detach(this.video);
    this.attached.clear();
    for (const { connector } of this.connectors.values()) connector.destroy().catch(() => undefined);
    this.element?.remove();
    this.dispatch("destroyed", { reason });
  }

  /** Lets the engine stop sending, once nobody here watches. */
  release(): void {
    this.tracks.audio?.setSubscribed(false);
    this.tracks.video?.setSubscribed(false);
  }

  protected override awaited(name: string): void {
    if (name === "audioLevelUpdated") this.measureLevel();
  }

  private begin(): void {
    this.connected = true;
    this.dispatch("videoElementCreated", { element: this.video });
    if (this.video.srcObject instanceof MediaStream) this.dispatch("mediaStreamAvailable", { mediaStream: this.video.srcObject });
    this.dispatch("connected");
  }

  private switchOf(media: Media) {
    const turn = (wanted: boolean): this => {
      this.wants[media] = wanted;
      this.follow(this.tracks);
      if (media === "video") this.show("subscribeToVideo");
      return this;
    };
    return withPromise(turn, (wanted: boolean) => Promise.resolve(void turn(wanted)));
  }

  /** A call that answers with the subscriber, and one with a promise of nothing. */
  private withItself<Value>(act: (value: Value) => void) {
    return withPromise(
      (value: Value): this => {
        act(value);
        return this;
      },
      (value: Value) => Promise.resolve(act(value)),
    );
  }

  /** What the engine need not send more of. */
  private ask(): void {
    const { video } = this.tracks;
    if (!video) return;
    if (this.resolution) video.setVideoDimensions(this.resolution);
    if (this.frameRate) video.setVideoFPS(this.frameRate);
  }

  private async connect(media: Media, connector: MediaProcessorConnector | null): Promise<void> {
    const stream = this.video.srcObject;
    const track = this.tracks[media]?.track;
    if (!(stream instanceof MediaStream) || !track) throw new OTError("OT_NOT_CONNECTED", "The subscriber is not connected");
    const before = this.connectors.get(media);
    this.connectors.delete(media);
    const from = track.mediaStreamTrack;
    const to = connector ? await connector.setTrack(from) : from;
    stream.removeTrack(before?.to ?? from);
    stream.addTrack(to);
    if (connector) this.connectors.set(media, { connector, from, to });
    await before?.connector.destroy();
  }

  private async measure(): Promise<SubscriberStats> {
    if (!this.connected) throw new OTError("OT_NOT_CONNECTED", "The subscriber is not connected");
    const { audio, video } = this.tracks;
    const reports = await Promise.all([audio?.track?.getRTCStatsReport(), video?.track?.getRTCStatsReport()]);
    this.before = subscriberStats(...reports, this.before, this.quality, Date.now());
    return this.before;
  }

  /** Tells when the picture comes and goes; `because` of what, where it was not the publisher's wish. */
  private show(because = "publishVideo"): void {
    const hasVideo = this.wants.video && this.stream.hasVideo && !this.paused;
    if (this.shown !== undefined && hasVideo !== this.shown) this.dispatch(hasVideo ? "videoEnabled" : "videoDisabled", { reason: because });
    if (this.connected) this.shown = hasVideo;
    const condition = conditionOf(this.quality);
    const warned = this.paused || condition === "warning" || condition === "critical";
    this.controls?.show({ hasVideo, muted: !this.wants.audio, warned });
    if (this.controls?.showsLevel) this.measureLevel();
  }

  private measureLevel(): void {
    if (this.gone) return;
    this.level ??= new Level(
      () => (this.wants.audio ? this.tracks.audio?.track?.mediaStreamTrack : undefined),
      (audioLevel) => {
        this.controls?.heard(audioLevel);
        this.dispatch("audioLevelUpdated", { audioLevel });
      },
    );
  }
}
