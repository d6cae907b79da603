// What this client sends with one picture and one sound, and how it sees itself.
import { ConnectionQuality, Track, type LocalTrack, type LocalTrackPublication, type Room } from "livekit-client";
import { Bitrate } from "./Bitrate";
import { asking, capture, devices, isScreen, nextCamera } from "./capture";
import type { AudioFilter, Dimensions, MediaProcessorConnector, PublisherProperties, ScalabilityMode, VideoContentHint, VideoFilter } from "./contract/properties";
import type { Publisher as Contract, Session } from "./contract/objects";
import type { PublisherRtcStatsReportArr, PublisherStats, PublisherStatsArr } from "./contract/stats";
import { Controls } from "./controls";
import { insert, newVideo, still, watchSize, type Target } from "./elements";
import { Emitter } from "./Emitter";
import { mediaProblem, OTError, type Completion } from "./errors";
import { Filters } from "./Filters";
import { Level } from "./levels";
import { nothing } from "./noops";
import { found, promised, withPromise } from "./promises";
import { publishOptions } from "./sending";
import { Sources, type Media } from "./Sources";
import { conditionOf, publisherStats } from "./stats";
import { kindOf, tracksOf, type Kind, type Stream, type Tracks } from "./streams";
import { styleOf } from "./styles";

export class Publisher extends Emitter implements Contract {
  readonly id = crypto.randomUUID();
  readonly kind: Kind;
  /** Settles when the browser has given or refused camera and microphone. */
  readonly ready: Promise<void>;
  element: HTMLElement | undefined;
  stream: Stream | undefined;
  session: Session | undefined;
  accessAllowed = false;
  captioned: boolean; // captions may be made of what it says
  tellOfCaptions: () => Promise<void> = () => Promise.resolve(); // the session it is published to tells the server
  private readonly video: HTMLVideoElement;
  private readonly controls: Controls | undefined;
  private readonly sources: Sources;
  private readonly bitrate = new Bitrate(() => this.sources.picture);
  private readonly filters: Filters;
  private destroyed = false;
  private level: Level | undefined;
  private quality = ConnectionQuality.Unknown;
  private before: PublisherStats | undefined;
  private scalability: ScalabilityMode | undefined;

  constructor(
    target: Target,
    private readonly properties: PublisherProperties = {},
    server: () => string = () => "",
  ) {
    super();
    this.captioned = properties.publishCaptions === true;
    const screen = isScreen(properties.videoSource);
    this.kind = screen ? "screen" : "camera";
    const ownTrack = properties.videoSource instanceof MediaStreamTrack;
    this.sources = new Sources(this.kind, { audio: properties.publishAudio === false, video: properties.publishVideo === false });
    this.filters = new Filters(this.sources, properties, server);
    const mirror = properties.mirror ?? !(screen || ownTrack || properties.facingMode === "environment");
    this.video = newVideo(mirror, properties.fitMode ?? (screen ? "contain" : "cover"));
    this.video.muted = true;
    watchSize(this.video, (change) => this.dispatch("videoDimensionsChanged", change));
    if (properties.insertDefaultUI !== false) {
      this.element = insert(this.video, target, "OT_publisher", properties);
      const mute = isSilent(properties) ? undefined : (muted: boolean) => void this.publishAudio(!muted);
      const { name = "", initials = "", style } = properties;
      this.controls = new Controls(this.element, { kind: "publisher", name, initials, style, mute }, properties);
      this.show();
    }
    this.ready = this.capture();
    this.ready.catch(() => undefined);
  }

  /** Leaves the session, the page and the devices. */
  readonly destroy = withPromise(
    (): this => {
      if (this.destroyed) return this;
      this.destroyed = true;
      this.session?.unpublish(this);
      this.release();
      this.element?.remove();
      this.dispatch("destroyed");
      return this;
    },
    () => Promise.resolve(void this.destroy()),
  );

  readonly publishAudio = withPromise(
    (publish: boolean): this => {
      void promised(this.mute(Track.Kind.Audio, !publish), "OT_UNABLE_TO_PUBLISH");
      return this;
    },
    (publish: boolean) => promised(this.mute(Track.Kind.Audio, !publish), "OT_UNABLE_TO_PUBLISH"),
  );

  readonly publishVideo = withPromise(
    (publish: boolean, done?: Completion): this => {
      void promised(this.mute(Track.Kind.Video, !publish), "OT_UNABLE_TO_PUBLISH", done);
      return this;
    },
    (publish: boolean) => promised(this.mute(Track.Kind.Video, !publish), "OT_UNABLE_TO_PUBLISH"),
  );

  getAudioSource(): MediaStreamTrack {
    return this.sources.sound?.mediaStreamTrack as MediaStreamTrack; // OpenTok's type leaves out that there may be none
  }

  getVideoSource(): { deviceId: string | null; type: string | null; track: MediaStreamTrack | null } {
    return this.sources.video;
  }

  setAudioSource(source: string | MediaStreamTrack): Promise<undefined> {
    const act = this.switchTo(Track.Kind.Audio, source).then(() => {
      const { label } = this.getAudioSource();
      const { deviceId } = this.getAudioSource().getSettings();
      this.dispatch("audioInputDeviceChanged", { device: { deviceId, label } });
      return undefined;
    });
    return promised(act, "OT_UNABLE_TO_PUBLISH");
  }

  setVideoSource(source: string | MediaStreamTrack): Promise<undefined> {
    return promised(this.switchTo(Track.Kind.Video, source), "OT_UNABLE_TO_PUBLISH");
  }

  cycleVideo(): Promise<{ deviceId: string }> {
    const act = async () => {
      await this.ready;
      const deviceId = nextCamera(await devices(), this.getVideoSource().deviceId ?? undefined);
      await this.switchTo(Track.Kind.Video, deviceId);
      return { deviceId };
    };
    return promised(act(), "OT_UNABLE_TO_PUBLISH");
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

  setPreferredResolution({ width, height }: Dimensions): Promise<void> {
    return this.constrain({ width: { ideal: width }, height: { ideal: height } });
  }

  setPreferredFrameRate(frameRate: number): Promise<void> {
    return this.constrain({ frameRate: { ideal: frameRate } });
  }

  getVideoContentHint(): VideoContentHint {
    return (this.sources.picture?.mediaStreamTrack.contentHint ?? "") as VideoContentHint;
  }

  async setVideoContentHint(hint: VideoContentHint): Promise<void> {
    await this.ready;
    if (this.sources.picture) this.sources.picture.mediaStreamTrack.contentHint = hint;
  }

  getMaxVideoBitrate(): number {
    return this.bitrate.limit;
  }

  setMaxVideoBitrate(bitsPerSecond: number): Promise<void> {
    return promised(this.bitrate.limitTo(bitsPerSecond), "OT_UNABLE_TO_PUBLISH");
  }

  getVideoBitratePreset() {
    return this.bitrate.preset;
  }

  setVideoBitratePreset(preset: Parameters<Bitrate["choose"]>[0]): Promise<void> {
    return promised(this.bitrate.choose(preset), "OT_UNABLE_TO_PUBLISH");
  }

  getTargetScalabilityMode(): ScalabilityMode | undefined {
    return this.scalability;
  }

  setTargetScalabilityMode(mode: ScalabilityMode): void {
    this.scalability = mode;
    nothing("Publisher.setTargetScalabilityMode");
  }

  applyVideoFilter(filter: VideoFilter): Promise<void> {
    return promised(this.ready.then(() => this.filters.applyVideo(filter)), "OT_NOT_SUPPORTED");
  }

  clearVideoFilter(): Promise<void> {
    return promised(this.filters.clearVideo(), "OT_NOT_SUPPORTED");
  }

  getVideoFilter(): VideoFilter | null {
    return this.filters.video;
  }

  applyAudioFilter(filter: AudioFilter): Promise<void> {
    return promised(this.ready.then(() => this.filters.applyAudio(filter)), "OT_NOT_SUPPORTED");
  }

  clearAudioFilter(): Promise<void> {
    return promised(this.filters.clearAudio(), "OT_NOT_SUPPORTED");
  }

  getAudioFilter(): AudioFilter | null {
    return this.filters.audio;
  }

  setVideoMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void> {
    return promised(this.ready.then(() => this.filters.connectVideo(connector)), "OT_NOT_SUPPORTED");
  }

  setAudioMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void> {
    return promised(this.ready.then(() => this.filters.connectAudio(connector)), "OT_NOT_SUPPORTED");
  }

  publishCaptions(published: boolean): Promise<void> {
    this.captioned = published;
    return promised(this.tellOfCaptions(), "OT_NOT_SUPPORTED");
  }

  getStats(done?: (error?: OTError, stats?: PublisherStatsArr) => void): Promise<PublisherStatsArr> {
    return found(this.measure(), "OT_NOT_CONNECTED", done);
  }

  async getRtcStatsReport(): Promise<PublisherRtcStatsReportArr> {
    const track = this.sources.picture ?? this.sources.sound;
    const rtcStatsReport = this.stream && (await track?.getRTCStatsReport());
    if (!rtcStatsReport) throw new OTError("OT_NOT_CONNECTED", "The publisher is not published");
    return [{ rtcStatsReport }];
  }

  getStyle() {
    return this.controls?.style ?? styleOf(this.properties.style, this.properties);
  }

  setStyle(name: unknown, value?: unknown): void {
    this.controls?.setStyle(name, value);
    this.measureWhereShown();
  }

  // For the session

  /** Sends all there is. */
  async sendTo(room: Room): Promise<Tracks<LocalTrackPublication>> {
    await this.ready;
    // TypeScript believes that waiting changes nothing.
    if (this.isDestroyed()) throw new OTError("OT_UNABLE_TO_PUBLISH", "The publisher is destroyed");
    const options = publishOptions(this.properties);
    for (const { track, source } of this.sources.captured) await room.localParticipant.publishTrack(track, { ...options, source });
    await this.bitrate.published();
    return this.publications(room);
  }

  /** Takes it back; the devices stay open. */
  async withdrawFrom(room: Room): Promise<void> {
    await Promise.all(this.sources.captured.map(({ track }) => room.localParticipant.unpublishTrack(track, false)));
  }

  publications(room: Room): Tracks<LocalTrackPublication> {
    return tracksOf(room.localParticipant.trackPublications.values() as Iterable<LocalTrackPublication>, this.kind);
  }

  /** Whether that is one of the tracks that it sends. */
  has(publication: LocalTrackPublication): boolean {
    return this.sources.captured.some(({ track }) => track === publication.track);
  }

  /** Somebody else has muted its sound; returns whether that is news. */
  muteForced(): boolean {
    if (!this.sources.sound?.isMuted || this.sources.muted.audio) return false;
    this.sources.muted.audio = true;
    this.show();
    this.dispatch("muteForced");
    return true;
  }

  archived(archiving: boolean): void {
    this.controls?.show({ archiving });
  }

  /** The engine says how the connection is. */
  linked(quality: ConnectionQuality): void {
    const [was, is] = [conditionOf(this.quality), conditionOf(quality)];
    this.quality = quality;
    if (was === is || !this.stream) return;
    const [warned, warns] = [was, is].map((each) => each === "warning" || each === "critical");
    if (warns && !warned) this.dispatch("videoDisableWarning");
    if (warned && !warns) this.dispatch("videoDisableWarningLifted");
    this.controls?.show({ warned: warns ?? false });
    void this.measure().then(
      ([statsContainer]) => this.dispatch("networkConditionChanged", { reason: "networkConditionChanged", statsContainer }),
      () => undefined,
    );
  }

  protected override awaited(name: string): void {
    if (name === "audioLevelUpdated") this.measureLevel();
  }

  private isDestroyed(): boolean {
    return this.destroyed;
  }

  private async capture(): Promise<void> {
    try {
      const captured = await asking(
        () => capture(this.properties),
        () => this.dispatch("accessDialogOpened"),
        () => this.dispatch("accessDialogClosed"),
      );
      this.sources.captured = captured;
    } catch (thrown) {
      const error = mediaProblem(thrown);
      if (error.name === "OT_USER_MEDIA_ACCESS_DENIED") this.dispatch("accessDenied", {}, () => this.destroy());
      throw error;
    }
    if (this.isDestroyed()) return this.release();
    await this.sources.settle(Track.Kind.Audio);
    await this.sources.settle(Track.Kind.Video);
    this.accessAllowed = true;
    this.sources.picture?.attach(this.video);
    for (const { track } of this.sources.captured) this.watch(track);
    this.measureWhereShown();
    const { videoFilter, audioFilter } = this.properties;
    if (videoFilter) await this.filters.applyVideo(videoFilter);
    if (audioFilter) await this.filters.applyAudio(audioFilter);
    this.dispatch("accessAllowed");
    this.dispatch("mediaStreamAvailable", { mediaStream: this.sources.stream() });
    this.dispatch("videoElementCreated", { element: this.video });
  }

  private watch(track: LocalTrack): void {
    track.mediaStreamTrack.addEventListener("ended", () => {
      if (kindOf(track.source) === "screen" && track.kind === Track.Kind.Video) this.mediaStopped(track.mediaStreamTrack);
    });
  }

  private mediaStopped(track: MediaStreamTrack): void {
    if (this.destroyed) return;
    this.dispatch("mediaStopped", { track });
    this.destroy();
  }

  private async mute(media: Media, muted: boolean): Promise<void> {
    this.sources.muted[media] = muted;
    this.show();
    await this.ready.catch(() => undefined);
    await this.sources.settle(media);
  }

  private constrain(constraints: MediaTrackConstraints): Promise<void> {
    return promised(this.ready.then(() => this.sources.constrain(constraints)), "OT_NOT_SUPPORTED");
  }

  private async switchTo(media: Media, source: string | MediaStreamTrack): Promise<undefined> {
    await this.ready;
    await this.sources.switchTo(media, source, this.stream !== undefined, this.video);
  }

  private async measure(): Promise<PublisherStatsArr> {
    if (!this.stream) throw new OTError("OT_NOT_CONNECTED", "The publisher is not published");
    const [audio, video] = await Promise.all([this.sources.sound?.getRTCStatsReport(), this.sources.picture?.getRTCStatsReport()]);
    const stats = publisherStats(audio, video, this.before, this.quality, Date.now());
    this.before = stats;
    return [{ stats }];
  }

  private show(): void {
    const picture = this.properties.videoSource !== null && this.properties.videoSource !== false;
    this.controls?.show({ muted: this.sources.muted.audio, hasVideo: picture && !this.sources.muted.video });
    this.measureWhereShown();
  }

  private measureWhereShown(): void {
    if (this.controls?.showsLevel) this.measureLevel();
  }

  private measureLevel(): void {
    if (this.destroyed) return;
    this.level ??= new Level(
      () => (this.sources.muted.audio ? undefined : this.sources.sound?.mediaStreamTrack),
      (audioLevel) => {
        this.controls?.heard(audioLevel);
        this.dispatch("audioLevelUpdated", { audioLevel });
      },
    );
  }

  private release(): void {
    this.level?.stop();
    this.sources.release();
  }
}

function isSilent({ audioSource }: PublisherProperties): boolean {
  return audioSource === null || audioSource === false;
}
