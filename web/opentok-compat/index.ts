// `window.OT`: what a page written for OpenTok's JavaScript SDK calls, in the place of that SDK's script.
import { isBrowserSupported, setLogLevel as setEngineLogLevel, LogLevel } from "livekit-client";
import { devices, type Device } from "./capture";
import type { Target } from "./elements";
import { Emitter } from "./Emitter";
import { asError, complete, OTError, type Completion } from "./errors";
import { Publisher, type PublisherProperties } from "./Publisher";
import { Session } from "./Session";
import { Subscriber } from "./Subscriber";

/** The server that this script came from; it can be asked for only while the script runs for the first time. */
const script = document.currentScript;
let server = script instanceof HTMLScriptElement && script.src ? new URL(script.src).origin : location.origin;

class OpenTok extends Emitter {
  readonly Session = Session;
  readonly Publisher = Publisher;
  readonly Subscriber = Subscriber;
  readonly Error = OTError;
  readonly NONE = 0;
  readonly ERROR = 1;
  readonly WARN = 2;
  readonly INFO = 3;
  readonly LOG = 4;
  readonly DEBUG = 5;

  /** Another server than the script's own. */
  setApiUrl(url: string): void {
    server = url.replace(/\/+$/, "");
  }

  /** OpenTok's options (a proxy, an IP to prefer) say nothing to this server. */
  initSession(apiKey: string, sessionId: string): Session {
    return new Session(apiKey, sessionId, () => server);
  }

  initPublisher(target?: Target | PublisherProperties | Completion, properties?: PublisherProperties | Completion, done?: Completion): Publisher {
    if (typeof target === "function") return this.initPublisher(undefined, {}, target);
    if (target && typeof target === "object" && !(target instanceof HTMLElement)) {
      return this.initPublisher(undefined, target, properties as Completion);
    }
    if (typeof properties === "function") return this.initPublisher(target, {}, properties);
    const publisher = new Publisher(target, properties ?? {});
    complete(publisher.ready, "OT_HARDWARE_UNAVAILABLE", done);
    return publisher;
  }

  getDevices(done: (error: OTError | null, devices?: Device[]) => void): void {
    devices().then(
      (found) => done(null, found),
      (thrown: unknown) => done(asError(thrown, "OT_NO_DEVICES_FOUND")),
    );
  }

  /** 1 where this browser can take part, else 0. */
  checkSystemRequirements(): 0 | 1 {
    return isBrowserSupported() ? 1 : 0;
  }

  checkScreenSharingCapability(done: (capability: object) => void): void {
    const supported = "mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices;
    done({ supported, supportedSources: { screen: supported, window: supported, application: false }, extensionRequired: "" });
  }

  upgradeSystemRequirements(): void {
    console.error("This browser cannot take part in the session.");
  }

  /** OT.NONE to OT.DEBUG. */
  setLogLevel(level: number): void {
    const levels = [LogLevel.silent, LogLevel.error, LogLevel.warn, LogLevel.info, LogLevel.info, LogLevel.debug];
    setEngineLogLevel(levels[level] ?? LogLevel.warn);
  }
}

declare global {
  interface Window {
    OT: OpenTok;
  }
}

window.OT = new OpenTok();
