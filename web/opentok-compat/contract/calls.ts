// The calls of `OT` itself, as @opentok/client 2.35 has them, and those that this script adds.
import type { Connection, Done, ExceptionEvent, Publisher, Session, Stream, Subscriber } from "./objects";
import type {
  AudioOutputDevice,
  Device,
  GetUserMediaProperties,
  OTError,
  PublisherProperties,
  ScreenSharingCapabilityResponse,
  SessionOptions,
} from "./properties";

type MediaType = "audio" | "video" | "both";
type Codec = "H264" | "VP8" | "VP9";
type Target = HTMLElement | string;

/** A class whose objects come from calls only; good for `instanceof`. */
export interface ClassOf<Made> {
  new (): Made;
  readonly prototype: Made;
}

type OnException = (name: "exception", handler: (event: ExceptionEvent) => void, context?: object) => void;

export interface Calls {
  readonly Connection: ClassOf<Connection>;
  readonly Publisher: ClassOf<Publisher>;
  readonly Session: ClassOf<Session>;
  readonly Stream: ClassOf<Stream>;
  readonly Subscriber: ClassOf<Subscriber>;
  checkScreenSharingCapability(done?: (response: ScreenSharingCapabilityResponse) => void): Promise<ScreenSharingCapabilityResponse>;
  /** 1 where this browser can take part, else 0. */
  checkSystemRequirements(): number;
  getActiveAudioOutputDevice(): Promise<AudioOutputDevice>;
  getAudioOutputDevices(): Promise<AudioOutputDevice[]>;
  getDevices(done?: (error: OTError | undefined, devices?: Device[]) => void): Promise<Device[]>;
  getSupportedCodecs(): Promise<{ videoEncoders: Codec[]; videoDecoders: Codec[] }>;
  getUserMedia(properties?: GetUserMediaProperties): Promise<MediaStream>;
  hasEndToEndEncryptionSupport(): boolean;
  hasMediaProcessorSupport: { (type?: MediaType): boolean; promise: (type?: MediaType) => Promise<boolean> };
  initPublisher: {
    (target?: Target, properties?: PublisherProperties, done?: Done): Publisher;
    promise: (target?: Target, properties?: PublisherProperties, done?: Done) => Promise<Publisher>;
  };
  initSession(partnerId: string, sessionId: string, options?: SessionOptions): Session;
  log(message: string): void;
  off(name?: "exception", handler?: (event: ExceptionEvent) => void, context?: object): void;
  on: OnException;
  once: OnException;
  registerScreenSharingExtension(kind: string, id: string, version: number): void;
  reportIssue(done?: (error?: OTError, reportId?: string) => void): Promise<string>;
  /** The server's address, as with `setProxyUrl`. */
  setApiUrl(url: string): void;
  setAudioOutputDevice(deviceId: string): Promise<void>;
  setLogLevel(level: number): void;
  /** The address of the Reelroom that answers, for pages that have not loaded this script from it. */
  setProxyUrl(url: string): void;
  unblockAudio(): Promise<undefined>;
  upgradeSystemRequirements(): void;
}
