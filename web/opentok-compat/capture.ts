// Cameras, microphones and screens, as OpenTok's properties ask for them.
import {
  createLocalScreenTracks,
  createLocalTracks,
  LocalAudioTrack,
  LocalVideoTrack,
  Track,
  type LocalTrack,
} from "livekit-client";
import { OTError } from "./errors";

/** A device's id, a track of the application's own; false or null for none; true or nothing for the usual one. */
export type Source = string | boolean | MediaStreamTrack | null | undefined;

export interface CaptureProperties {
  audioSource?: Source;
  videoSource?: Source;
  resolution?: string;
  frameRate?: number;
}

export interface Captured {
  track: LocalTrack;
  source: Track.Source;
}

const SCREENS = ["screen", "window", "application"];

export function isScreen(source: Source): boolean {
  return typeof source === "string" && SCREENS.includes(source);
}

/** `WxH` as numbers; OpenTok's default is 640x480. */
export function sizeOf(resolution = "640x480"): { width: number; height: number } {
  const [width, height] = resolution.split("x").map(Number);
  if (!width || !height) throw new OTError("OT_INVALID_PARAMETER", `${resolution} is not a resolution`);
  return { width, height };
}

/** Raises what the browser says when there is no such device, or it may not be used. */
export async function capture({ audioSource, videoSource, resolution, frameRate }: CaptureProperties): Promise<Captured[]> {
  if (isScreen(videoSource)) return await captureScreen(audioSource);
  const own = [given(audioSource), given(videoSource)].filter((each) => each !== undefined);
  const audio = device(audioSource);
  const video = device(videoSource);
  const devices =
    audio === null && video === null
      ? []
      : await createLocalTracks({
          audio: audio ?? false,
          video: video === null ? false : { ...video, resolution: { ...sizeOf(resolution), ...(frameRate ? { frameRate } : {}) } },
        });
  return [...own, ...devices.map((track) => ({ track, source: track.source }))];
}

async function captureScreen(audioSource: Source): Promise<Captured[]> {
  if (!("getDisplayMedia" in navigator.mediaDevices)) {
    throw new OTError("OT_SCREEN_SHARING_NOT_SUPPORTED", "This browser cannot share screens");
  }
  const tracks = await createLocalScreenTracks({ audio: audioSource === true, contentHint: "detail" });
  const own = given(audioSource);
  if (own) own.source = Track.Source.ScreenShareAudio;
  return [...tracks.map((track) => ({ track, source: track.source })), ...(own ? [own] : [])];
}

/** A track that the application brought. */
function given(source: Source): Captured | undefined {
  if (!(source instanceof MediaStreamTrack)) return undefined;
  return source.kind === "audio"
    ? { track: new LocalAudioTrack(source), source: Track.Source.Microphone }
    : { track: new LocalVideoTrack(source), source: Track.Source.Unknown };
}

function device(source: Source): { deviceId?: { exact: string } } | null {
  if (source === null || source === false || source instanceof MediaStreamTrack) return null;
  return typeof source === "string" ? { deviceId: { exact: source } } : {};
}

export interface Device {
  kind: "audioInput" | "videoInput";
  deviceId: string;
  label: string;
}

export async function devices(): Promise<Device[]> {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.flatMap(({ kind, deviceId, label }): Device[] =>
    kind === "audiooutput" ? [] : [{ kind: kind === "audioinput" ? "audioInput" : "videoInput", deviceId, label }],
  );
}
