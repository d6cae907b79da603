// How a publisher's properties ask for pictures and sound to be sent: pure.
import type { TrackPublishOptions } from "livekit-client";
import type { PublisherProperties, VideoBitratePreset } from "./contract/properties";

/** What of the usual bitrate the presets leave. */
const SHARE: Record<Exclude<VideoBitratePreset, "custom">, number> = { default: 1, bw_saver: 0.5, extra_bw_saver: 0.25 };

/** The options with which a publisher's tracks are published. Undefined values leave the engine's own. */
export function publishOptions(properties: PublisherProperties): TrackPublishOptions {
  const { name, audioBitrate, enableDtx, enableStereo, preferredVideoCodecs, scalableVideo, scalableScreenshare } = properties;
  const screen = typeof properties.videoSource === "string" && properties.videoSource === "screen";
  const simulcast = screen ? scalableScreenshare : scalableVideo;
  // VP9 is decoded by too few of those who may join, and by no phone's hardware.
  const codec = preferredVideoCodecs === "automatic" ? undefined : preferredVideoCodecs?.find((each) => each !== "vp9");
  return {
    ...(name ? { name } : {}),
    ...(audioBitrate ? { audioPreset: { maxBitrate: audioBitrate } } : {}),
    ...(enableDtx === undefined ? {} : { dtx: enableDtx }),
    ...(enableStereo ? { forceStereo: true, red: false } : {}),
    ...(codec ? { videoCodec: codec } : {}),
    ...(simulcast === undefined ? {} : { simulcast }),
  };
}

/** Bits a second for each layer, so that all together keep to `most`; `usual` are those that the engine chose. */
export function limited(usual: readonly number[], most: number): number[] {
  const sum = usual.reduce((all, each) => all + each, 0);
  return usual.map((each) => (sum > most ? Math.max(1, Math.floor((each / sum) * most)) : each));
}

export function presetBitrate(usual: readonly number[], preset: Exclude<VideoBitratePreset, "custom">): number {
  return Math.round(usual.reduce((all, each) => all + each, 0) * SHARE[preset]);
}
