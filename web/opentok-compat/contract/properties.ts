// What applications may ask of publishers, subscribers and sessions: names and values are those of @opentok/client 2.35.

export interface OTError {
  name: string;
  message: string;
  code?: number;
}

export interface Dimensions {
  width: number; // pixels
  height: number;
}

export interface Device {
  kind: "audioInput" | "videoInput";
  deviceId: string;
  label: string;
}

export interface AudioInputDevice {
  deviceId: string | null | undefined;
  label: string | null;
}

export type AudioOutputDevice = AudioInputDevice;

export interface ScreenSharingCapabilityResponse {
  supported: boolean;
  supportedSources: { application?: boolean; screen?: boolean; window?: boolean };
  extensionInstalled?: boolean;
  extensionRegistered?: boolean;
  extensionRequired?: string;
}

/** Servers that help through firewalls. `custom` servers take the place of the engine's own; with `all` they are ignored. */
export interface IceConfig {
  includeServers: "all" | "custom";
  transportPolicy: "all" | "relay";
  customServers: { urls: string | string[]; username?: string; credential?: string }[];
}

/** A track goes in, another comes out: filters of an application's own. */
export interface MediaProcessorConnector {
  setTrack: (track: MediaStreamTrack) => Promise<MediaStreamTrack>;
  destroy: () => Promise<void>;
}

export type VideoCodec = "vp8" | "vp9" | "h264";
export type PreferredVideoCodecs = "automatic" | [VideoCodec, ...VideoCodec[]];
export type VideoBitratePresetInput = "default" | "bw_saver" | "extra_bw_saver";
export type VideoBitratePreset = VideoBitratePresetInput | "custom";
export type VideoContentHint = "" | "detail" | "motion" | "text";
export type ScalabilityMode = `L${1 | 2 | 3}T${1 | 2 | 3}`;

export interface BackgroundBlurFilter {
  type: "backgroundBlur";
  blurStrength?: "low" | "high";
}

export interface BackgroundReplacementFilter {
  type: "backgroundReplacement";
  backgroundImgUrl: string;
}

export interface AdvancedNoiseSuppressionFilter {
  type: "advancedNoiseSuppression";
}

export type VideoFilter = BackgroundBlurFilter | BackgroundReplacementFilter;
export type AudioFilter = AdvancedNoiseSuppressionFilter;

export type OnOff = "on" | "off";
export type Display = "auto" | OnOff;

export interface WidgetStyle {
  audioLevelDisplayMode: Display;
  backgroundImageURI: string;
  buttonDisplayMode: Display;
  nameDisplayMode: Display;
  videoDisabledDisplayMode: Display;
}

export interface PublisherStyle extends WidgetStyle {
  archiveStatusDisplayMode: "auto" | "off";
}

export interface SubscriberStyle extends WidgetStyle {
  audioBlockedDisplayMode: Display;
}

export interface WidgetProperties {
  fitMode?: "cover" | "contain";
  insertDefaultUI?: boolean;
  insertMode?: "replace" | "after" | "before" | "append";
  showControls?: boolean;
  width?: string | number;
  height?: string | number;
}

/** A device's id, a track of the application's own; false or null for none; true or nothing for the usual one. */
export type Source = string | boolean | MediaStreamTrack | null | undefined;

export interface GetUserMediaProperties {
  audioSource?: Source;
  videoSource?: Source;
  autoGainControl?: boolean;
  disableAudioProcessing?: boolean;
  echoCancellation?: boolean;
  noiseSuppression?: boolean;
  facingMode?: "user" | "environment" | "left" | "right";
  frameRate?: 30 | 15 | 7 | 1;
  maxResolution?: Dimensions;
  resolution?: "1920x1080" | "1280x960" | "1280x720" | "640x480" | "640x360" | "320x240" | "320x180";
}

export interface LegacyMediaTrackConstraints {
  mandatory?: Record<string, string | number | boolean>;
  optional?: Record<string, string | number | boolean>[];
}

export interface LegacyMediaStreamConstraints {
  audio?: boolean | MediaTrackConstraints | LegacyMediaTrackConstraints;
  video?: boolean | MediaTrackConstraints | LegacyMediaTrackConstraints;
}

export interface PublisherProperties extends WidgetProperties, GetUserMediaProperties {
  audioBitrate?: number; // bits a second
  audioFallback?: { publisher?: boolean; subscriber?: boolean };
  audioFilter?: AudioFilter;
  constraints?: MediaStreamConstraints | LegacyMediaStreamConstraints;
  disableAudioInputDeviceManagement?: boolean;
  enableDtx?: boolean;
  enableStereo?: boolean;
  initials?: string;
  mirror?: boolean;
  name?: string;
  preferredVideoCodecs?: PreferredVideoCodecs;
  publishAudio?: boolean;
  publishCaptions?: boolean;
  publishSenderStats?: boolean;
  publishVideo?: boolean;
  scalableScreenshare?: boolean;
  scalableVideo?: boolean;
  style?: Partial<PublisherStyle>;
  videoContentHint?: VideoContentHint;
  videoFilter?: VideoFilter;
}

export interface SubscriberProperties extends WidgetProperties {
  audioVolume?: number; // 0 to 100
  captionsTranslationLanguage?: CaptionsLanguageCode;
  preferredFrameRate?: number;
  preferredResolution?: "auto" | Dimensions;
  style?: Partial<SubscriberStyle>;
  subscribeToAudio?: boolean;
  subscribeToCaptions?: boolean;
  subscribeToVideo?: boolean;
  testNetwork?: boolean;
}

export interface SessionOptions {
  connectionEventsSuppressed?: boolean;
  encryptionSecret?: string;
  iceConfig?: IceConfig;
  ipWhitelist?: boolean;
  sessionMigration?: boolean;
  singlePeerConnection?: boolean;
}

export type CaptionsLanguageCode =
  | "af-ZA" | "ar-AE" | "ar-SA" | "ca-ES" | "cs-CZ" | "da-DK" | "de-CH" | "de-DE" | "el-GR"
  | "en-AB" | "en-AU" | "en-GB" | "en-IE" | "en-IN" | "en-NZ" | "en-US" | "en-WL" | "en-ZA"
  | "es-ES" | "es-US" | "eu-ES" | "fa-IR" | "fi-FI" | "fr-CA" | "fr-FR" | "gl-ES" | "he-IL"
  | "hi-IN" | "hr-HR" | "id-ID" | "it-IT" | "ja-JP" | "ko-KR" | "lv-LV" | "ms-MY" | "nl-NL"
  | "no-NO" | "pl-PL" | "pt-BR" | "pt-PT" | "ro-RO" | "ru-RU" | "sk-SK" | "so-SO" | "sr-RS"
  | "sv-SE" | "th-TH" | "tl-PH" | "uk-UA" | "vi-VN" | "zh-CN" | "zh-HK" | "zh-TW" | "zu-ZA";
