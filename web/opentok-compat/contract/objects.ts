// The objects that applications hold, and the events that these tell: the types of @opentok/client 2.35, to which ours are held.
import type {
  AudioFilter,
  AudioInputDevice,
  CaptionsLanguageCode,
  Dimensions,
  IceConfig,
  MediaProcessorConnector,
  OTError,
  PublisherProperties,
  PublisherStyle,
  ScalabilityMode,
  SubscriberProperties,
  SubscriberStyle,
  VideoBitratePreset,
  VideoBitratePresetInput,
  VideoContentHint,
  VideoFilter,
} from "./properties";
import type {
  CpuPerformanceState,
  PublisherRtcStatsReportArr,
  PublisherStatContainer,
  PublisherStatsArr,
  QualityScore,
  SubscriberStats,
  VideoQualityReason,
} from "./stats";

export interface Connection {
  connectionId: string;
  creationTime: number; // ms since the epoch
  data: string;
}

export interface Stream {
  connection: Connection;
  creationTime: number;
  frameRate: number;
  hasAudio: boolean;
  hasCaptions: boolean;
  hasVideo: boolean;
  initials: string;
  name: string;
  streamId: string;
  videoDimensions: Dimensions;
  videoType: "camera" | "screen" | "custom" | undefined;
}

export interface Event<Type, Target> {
  type: Type;
  cancelable: boolean;
  target: Target;
  isDefaultPrevented(): boolean;
  preventDefault(): void;
}

export type ExceptionEvent = Event<"exception", object> & { code: number; message: string; title: string };

export type VideoDimensionsChangedEvent<Target> = Event<"videoDimensionsChanged", Target> & {
  oldValue: Dimensions;
  newValue: Dimensions;
};

// What an event carries differs from one to the next; whoever names one that is not in the map reads it untyped.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Unmapped = Event<string, any>;

interface Register<EventMap> {
  <Name extends keyof EventMap>(name: Name, handler: (event: EventMap[Name]) => void, context?: object): unknown;
  (name: string, handler: (event: Unmapped) => void, context?: object): unknown;
  (handlers: object, context?: object): unknown;
}

interface Forget<EventMap> {
  <Name extends keyof EventMap>(name?: Name, handler?: (event: EventMap[Name]) => void, context?: object): unknown;
  (name?: string, handler?: (event: Unmapped) => void, context?: object): unknown;
  (handlers: object, context?: object): unknown;
}

export interface OTEventEmitter<EventMap> {
  on: Register<EventMap>;
  once: Register<EventMap>;
  off: Forget<EventMap>;
}

/** An event of this name, with what else it carries. */
type Told<Target, Events> = { [Name in keyof Events]: Event<Name, Target> & Events[Name] };

type Plain = unknown;

/** What both sides of a stream tell of their picture and sound. */
interface MediaEvents<Target> {
  audioLevelUpdated: { audioLevel: number }; // 0 to 1
  mediaStreamAvailable: { mediaStream: MediaStream };
  videoDimensionsChanged: VideoDimensionsChangedEvent<Target>;
  videoDisableWarning: Plain;
  videoDisableWarningLifted: Plain;
  videoElementCreated: { element: HTMLVideoElement | HTMLObjectElement };
}

export type PublisherEvents = Told<
  Publisher,
  MediaEvents<Publisher> & {
    accessAllowed: Plain;
    accessDenied: Plain;
    accessDialogClosed: Plain;
    accessDialogOpened: Plain;
    audioInputDeviceChanged: { device: AudioInputDevice };
    destroyed: Plain;
    mediaStopped: { track: MediaStreamTrack | undefined };
    muteForced: Plain;
    networkConditionChanged: { reason: "networkConditionChanged"; statsContainer: PublisherStatContainer };
    streamCreated: { stream: Stream };
    streamDestroyed: { stream: Stream; reason: string };
    videoDisabled: { reason: "quality" };
    videoEnabled: { reason: "quality" };
    videoQualityChanged: { reason: VideoQualityReason; statsContainer: PublisherStatContainer };
  }
>;

export type SubscriberEvents = Told<
  Subscriber,
  MediaEvents<Subscriber> & {
    audioBlocked: Plain;
    audioUnblocked: Plain;
    captionReceived: { streamId: string; caption: string; isFinal: boolean };
    connected: Plain;
    destroyed: { reason: string };
    disconnected: Plain;
    encryptionSecretMatch: Plain;
    encryptionSecretMismatch: Plain;
    networkConditionChanged: { reason: "networkConditionChanged"; stats: SubscriberStats };
    qualityScoreChanged: { qualityScore: QualityScore };
    videoDisabled: { reason: string };
    videoEnabled: { reason: string };
    videoQualityChanged: { reason: VideoQualityReason; stats: SubscriberStats };
  }
>;

export interface SignalDetails {
  type?: string;
  data?: string;
  from: Connection | null;
}

export type SessionEvents = Told<
  Session,
  {
    archiveStarted: { id: string; name: string };
    archiveStopped: { id: string; name: string };
    connectionCreated: { connection: Connection };
    connectionDestroyed: { connection: Connection; reason: string };
    cpuPerformanceChanged: { cpuPerformanceState: CpuPerformanceState };
    muteForced: Plain;
    sessionConnected: Plain;
    sessionDisconnected: { reason: string };
    sessionReconnected: Plain;
    sessionReconnecting: Plain;
    signal: SignalDetails;
    streamCreated: { stream: Stream };
    streamDestroyed: { stream: Stream; reason: string };
    streamPropertyChanged: { stream: Stream } & (
      | { changedProperty: "hasAudio" | "hasCaptions" | "hasVideo"; oldValue: boolean; newValue: boolean }
      | { changedProperty: "videoDimensions"; oldValue: Dimensions; newValue: Dimensions }
    );
  }
> &
  Record<`signal:${string}`, Event<`signal:${string}`, Session> & SignalDetails>;

export type Done = (error?: OTError) => void;

/** A call that answers at once with its object, and one that is kept when it has happened. */
interface Switch<Target> {
  (value: boolean): Target;
  promise(value: boolean, reason?: string): Promise<void>;
}

export interface Publisher extends OTEventEmitter<PublisherEvents> {
  accessAllowed: boolean;
  element?: HTMLElement | undefined;
  id?: string;
  session?: Session;
  stream?: Stream;
  destroy: { (): Publisher; promise: () => Promise<void> };
  getImgData(): string | null;
  getStats(done?: (error?: OTError, stats?: PublisherStatsArr) => void): Promise<PublisherStatsArr>;
  getRtcStatsReport(): Promise<PublisherRtcStatsReportArr>;
  getStyle(): PublisherStyle;
  setStyle<Name extends keyof PublisherStyle>(name: Name, value: PublisherStyle[Name]): void;
  setStyle(styles: Partial<PublisherStyle>): void;
  publishAudio: { (value: boolean): Publisher; promise: (value: boolean) => Promise<void> };
  publishVideo: { (value: boolean, done?: Done): Publisher; promise: (value: boolean) => Promise<void> };
  publishCaptions(value: boolean): Promise<void>;
  applyAudioFilter(filter: AudioFilter): Promise<void>;
  applyVideoFilter(filter: VideoFilter): Promise<void>;
  clearAudioFilter(): Promise<void>;
  clearVideoFilter(): Promise<void>;
  getAudioFilter(): AudioFilter | null;
  getVideoFilter(): VideoFilter | null;
  setAudioMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void>;
  setVideoMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void>;
  getAudioSource(): MediaStreamTrack;
  getVideoSource(): { deviceId: string | null; type: string | null; track: MediaStreamTrack | null };
  setAudioSource(source: string | MediaStreamTrack): Promise<undefined>;
  setVideoSource(deviceId: string): Promise<undefined>;
  cycleVideo(): Promise<{ deviceId: string }>;
  getMaxVideoBitrate(): number;
  setMaxVideoBitrate(bitsPerSecond: number): Promise<void>;
  getVideoBitratePreset(): VideoBitratePreset;
  setVideoBitratePreset(preset: VideoBitratePresetInput): Promise<void>;
  getVideoContentHint(): VideoContentHint;
  setVideoContentHint(hint: VideoContentHint): Promise<void>;
  getTargetScalabilityMode(): ScalabilityMode | undefined;
  setTargetScalabilityMode(mode: ScalabilityMode): void;
  setPreferredFrameRate(framesPerSecond: number): Promise<void>;
  setPreferredResolution(resolution: Dimensions): Promise<void>;
  videoHeight(): number | undefined;
  videoWidth(): number | undefined;
}

export interface Subscriber extends OTEventEmitter<SubscriberEvents> {
  element?: HTMLElement;
  id?: string;
  stream?: Stream;
  getImgData(): string | null;
  getStats(done?: (error?: OTError, stats?: SubscriberStats) => void): Promise<SubscriberStats>;
  // A report differs from one browser to the next.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  getRtcStatsReport(): Promise<Map<string, any>>;
  getStyle(): SubscriberStyle;
  setStyle<Name extends keyof SubscriberStyle>(name: Name, value: SubscriberStyle[Name]): void;
  setStyle(styles: Partial<SubscriberStyle>): void;
  getAudioVolume(): number;
  setAudioVolume: { (value: number): Subscriber; promise: (value: number) => Promise<void> };
  isAudioBlocked(): boolean;
  subscribeToAudio: Switch<Subscriber>;
  subscribeToVideo: Switch<Subscriber>;
  restrictFrameRate: { (value: boolean): Subscriber; promise: (value: boolean) => Promise<void> };
  setPreferredFrameRate(framesPerSecond: number): Promise<void>;
  setPreferredResolution(resolution: Dimensions): Promise<void>;
  isSubscribedToCaptions(): boolean;
  subscribeToCaptions(value: boolean): Promise<void>;
  getCaptionsTranslationLanguage(): CaptionsLanguageCode | null;
  setCaptionsTranslationLanguage(language: CaptionsLanguageCode | null): Promise<void>;
  setAudioMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void>;
  setVideoMediaProcessorConnector(connector: MediaProcessorConnector | null): Promise<void>;
  videoHeight(): number | undefined;
  videoWidth(): number | undefined;
}

export interface Capabilities {
  forceDisconnect: number; // 1 or 0, as all of them
  forceMute: number;
  forceUnpublish: number;
  publish: number;
  subscribe: number;
}

type TargetElement = string | HTMLElement;

export interface Session extends OTEventEmitter<SessionEvents> {
  capabilities: Capabilities;
  connection?: Connection;
  sessionId: string;
  connect: { (token: string, done: Done): Session; promise: (token: string) => Promise<Session> };
  disconnect(): Promise<void>;
  publish: {
    (publisher: Publisher, done?: Done): Publisher;
    (target: TargetElement, properties?: PublisherProperties, done?: Done): Publisher;
    promise(what: Publisher | TargetElement, properties?: PublisherProperties): Promise<Publisher>;
  };
  unpublish(publisher: Publisher): void;
  subscribe: {
    (stream: Stream, target?: TargetElement, properties?: SubscriberProperties, done?: Done): Subscriber;
    promise: (stream: Stream, target?: TargetElement, properties?: SubscriberProperties) => Promise<Subscriber>;
  };
  unsubscribe(subscriber: Subscriber): void;
  signal(
    signal: { type?: string; data?: string; to?: Connection; retryAfterReconnect?: boolean },
    done?: Done,
  ): Promise<void>;
  forceDisconnect(connection: Connection, done?: Done): Promise<void>;
  forceMuteAll(excluded?: Stream[]): Promise<void>;
  forceMuteStream(stream: Stream): Promise<void>;
  forceUnpublish(stream: Stream, done?: Done): Promise<void>;
  disableForceMute(): Promise<void>;
  getPublisherForStream(stream: Stream): Publisher | undefined;
  getSubscribersForStream(stream: Stream): [Subscriber];
  setEncryptionSecret(secret: string): Promise<void>;
  setIceConfig(config: IceConfig): Promise<void>;
}
