// What @opentok/client has and this script deliberately has not: docs/opentok.md is made from this list, and a test holds the
// script to it. A call of these does nothing, says so once, and harms nobody.

/** Calls, by the object they belong to, and why they do nothing. */
export const NOOPS = {
  "OT.registerScreenSharingExtension": "browsers share screens without an extension",
  "OT.reportIssue": "there is nobody to report to; the browser's console has what went wrong",
  "Publisher.setTargetScalabilityMode": "the media server chooses the layers",
  "Subscriber.setCaptionsTranslationLanguage": "captions come in the language that is spoken",
} as const;

/** Calls that are refused: to do as if would leave somebody unprotected. */
export const REFUSED = {
  "Session.setEncryptionSecret": "media is encrypted on the way, not end to end; hasEndToEndEncryptionSupport() says so",
} as const;

/** Events that never come. */
export const SILENT = {
  "Publisher.videoDisabled": "the picture is sent for as long as there is a connection; the engine lowers its quality",
  "Publisher.videoEnabled": "as videoDisabled",
  "Publisher.videoQualityChanged": "getStats has what is sent",
  "Subscriber.encryptionSecretMatch": "there is no encryption end to end",
  "Subscriber.encryptionSecretMismatch": "there is no encryption end to end",
  "Subscriber.qualityScoreChanged": "getStats has what is received",
  "Subscriber.videoQualityChanged": "getStats has what is received",
} as const;

/** Properties that change nothing. */
export const UNREAD = {
  "PublisherProperties.audioFallback": "sound goes before pictures without it",
  "PublisherProperties.disableAudioInputDeviceManagement": "the browser chooses the microphone; setAudioSource another",
  "PublisherProperties.publishSenderStats": "a publisher's getStats has them",
  "SubscriberProperties.captionsTranslationLanguage": "captions come in the language that is spoken",
  "SubscriberProperties.testNetwork": "a publisher is subscribed to without it",
  "SessionOptions.ipWhitelist": "there is one address to let through: the server's",
  "SessionOptions.sessionMigration": "a session moves by itself, with sessionReconnecting and sessionReconnected",
  "SessionOptions.singlePeerConnection": "all streams share two connections always",
} as const;

const said = new Set<string>();

/** Tells the console something that the application's author should know, the first time. */
export function warnOnce(what: string): void {
  if (said.has(what)) return;
  said.add(what);
  console.warn(`OpenTok on Reelroom: ${what}`);
}

export function nothing(call: keyof typeof NOOPS): void {
  warnOnce(`${call} does nothing here: ${NOOPS[call]}.`);
}
