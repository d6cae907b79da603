// What `OT` does: functions that need no `this`, so that they work detached, spread and imported one by one.
import { isBrowserSupported, LogLevel, setLogLevel as setEngineLogLevel } from "livekit-client";
import { wishOf } from "./arguments";
import { capture, devices, type CaptureProperties } from "./capture";
import type { Calls, ClassOf } from "./contract/calls";
import type { Connection as AConnection, Publisher as APublisher, Session as ASession, Stream as AStream, Subscriber as ASubscriber } from "./contract/objects";
import type { PublisherProperties } from "./contract/properties";
import { Emitter } from "./Emitter";
import { complete, mediaProblem, OTError, witness } from "./errors";
import { nothing } from "./noops";
import { active, choose, outputs, unblock } from "./outputs";
import { canReplace } from "../src/room/rawTracks";
import { found, promised, withPromise } from "./promises";
import { Publisher as PublisherClass } from "./Publisher";
import { Session as SessionClass } from "./Session";
import { Subscriber as SubscriberClass } from "./Subscriber";

let server = "";

/** Of a page that has not loaded this from the server and names none, its own. */
const serverNow = () => server || location.origin;

const emitter = new Emitter();
witness(({ name, code, message }) => emitter.dispatch("exception", { code, title: name, message }));

// Applications compare with these; only this script makes such objects, and with arguments.
export type Connection = AConnection;
export type Publisher = APublisher;
export type Session = ASession;
export type Stream = AStream;
export type Subscriber = ASubscriber;
export const Connection = class Connection { declare connectionId: string } as unknown as ClassOf<AConnection>;
export const Publisher = PublisherClass as unknown as ClassOf<APublisher>;
export const Session = SessionClass as unknown as ClassOf<ASession>;
export const Stream = class Stream { declare streamId: string } as unknown as ClassOf<AStream>;
export const Subscriber = SubscriberClass as unknown as ClassOf<ASubscriber>;

export const on: Calls["on"] = (...given) => void emitter.on(...given);
export const once: Calls["once"] = (...given) => void emitter.once(...given);
export const off: Calls["off"] = (...given) => void emitter.off(...given);

export const setProxyUrl: Calls["setProxyUrl"] = (url) => {
  server = url.replace(/\/+$/, "");
};

export const setApiUrl: Calls["setApiUrl"] = setProxyUrl;

export const initSession: Calls["initSession"] = (partnerId, sessionId, options) => {
  return new SessionClass(partnerId, sessionId, serverNow, options);
};

export const initPublisher: Calls["initPublisher"] = withPromise(
  (...given: unknown[]): APublisher => {
    const { target, properties, done } = wishOf<PublisherProperties>(...given);
    const publisher = new PublisherClass(target, properties, serverNow);
    complete(publisher.ready, "OT_HARDWARE_UNAVAILABLE", done);
    return publisher as APublisher;
  },
  async (...given: unknown[]): Promise<APublisher> => {
    const { target, properties, done } = wishOf<PublisherProperties>(...given);
    const publisher = new PublisherClass(target, properties, serverNow);
    await promised(publisher.ready, "OT_HARDWARE_UNAVAILABLE", done);
    return publisher;
  },
);

export const getUserMedia: Calls["getUserMedia"] = (properties = {}) => {
  const captured = capture(properties as CaptureProperties).then(
    (all) => new MediaStream(all.map(({ track }) => track.mediaStreamTrack)),
    (thrown: unknown) => Promise.reject(mediaProblem(thrown)),
  );
  return promised(captured, "OT_HARDWARE_UNAVAILABLE");
};

export const getDevices: Calls["getDevices"] = (done) => found(devices(), "OT_NO_DEVICES_FOUND", done);

export const getAudioOutputDevices: Calls["getAudioOutputDevices"] = () => promised(outputs(), "OT_NO_DEVICES_FOUND");

export const getActiveAudioOutputDevice: Calls["getActiveAudioOutputDevice"] = () => promised(active(), "OT_NO_DEVICES_FOUND");

export const setAudioOutputDevice: Calls["setAudioOutputDevice"] = (deviceId) => promised(choose(deviceId), "OT_NOT_SUPPORTED");

export const unblockAudio: Calls["unblockAudio"] = async () => {
  await unblock();
  return undefined;
};

export const checkSystemRequirements: Calls["checkSystemRequirements"] = () => (isBrowserSupported() ? 1 : 0);

export const upgradeSystemRequirements: Calls["upgradeSystemRequirements"] = () => {
  console.error("This browser cannot take part in the session.");
};

export const checkScreenSharingCapability: Calls["checkScreenSharingCapability"] = (done) => {
  const supported = "mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices;
  const response = { supported, supportedSources: { screen: supported, window: supported, application: false }, extensionRequired: "" };
  done?.(response);
  return Promise.resolve(response);
};

export const hasMediaProcessorSupport: Calls["hasMediaProcessorSupport"] = withPromise(
  () => canReplace(),
  () => Promise.resolve(canReplace()),
);

export const hasEndToEndEncryptionSupport: Calls["hasEndToEndEncryptionSupport"] = () => false;

export const getSupportedCodecs: Calls["getSupportedCodecs"] = () => {
  const known = ["VP8", "H264", "VP9"] as const;
  const among = (capabilities: RTCRtpCapabilities | null) => {
    const types = new Set(capabilities?.codecs.map(({ mimeType }) => mimeType.toUpperCase()));
    return known.filter((codec) => types.has(`VIDEO/${codec}`));
  };
  return Promise.resolve({
    videoEncoders: among(RTCRtpSender.getCapabilities("video")),
    videoDecoders: among(RTCRtpReceiver.getCapabilities("video")),
  });
};

let logLevel = 0;

/** OT.NONE to OT.DEBUG. */
export const setLogLevel: Calls["setLogLevel"] = (level) => {
  const levels = [LogLevel.silent, LogLevel.error, LogLevel.warn, LogLevel.info, LogLevel.info, LogLevel.debug];
  logLevel = level;
  setEngineLogLevel(levels[level] ?? LogLevel.warn);
};

export const log: Calls["log"] = (message) => {
  if (logLevel >= LOG) console.log(message);
};

export const registerScreenSharingExtension: Calls["registerScreenSharingExtension"] = () => nothing("OT.registerScreenSharingExtension");

export const reportIssue: Calls["reportIssue"] = (done) => {
  nothing("OT.reportIssue");
  return found(Promise.resolve(crypto.randomUUID()), "OT_NOT_SUPPORTED", done);
};

export { OTError as Error };
export const NONE = 0;
export const ERROR = 1;
export const WARN = 2;
export const INFO = 3;
export const LOG = 4;
export const DEBUG = 5;
