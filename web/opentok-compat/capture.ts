// Cameras, microphones and screens, as OpenTok's properties ask for them.
import {
  createLocalScreenTracks,
  createLocalTracks,
  LocalAudioTrack,
  LocalVideoTrack,
  Track,
  type AudioCaptureOptions,
  type LocalTrack,
  type VideoCaptureOptions,
} from "livekit-client";
import type { Device, Dimensions, GetUserMediaProperties, PublisherProperties, Source } from "./contract/properties";
import { OTError } from "./errors";

export type CaptureProperties = GetUserMediaProperties & Pick<PublisherProperties, "constraints" | "enableStereo" | "videoContentHint">;

export interface Captured {
  track: LocalTrack;
  source: Track.Source;
}

const SCREENS = ["screen", "window", "application"];

export function isScreen(source: Source): boolean {
  return typeof source === "string" && SCREENS.includes(source);
}

/** `WxH` as numbers, OpenTok's default is 640x480; no more than `most`. */
export function sizeOf(resolution = "640x480", most?: Dimensions): Dimensions {
  const [width, height] = resolution.split("x").map(Number);
  if (!width || !height) throw new OTError("OT_INVALID_PARAMETER", `${resolution} is not a resolution`);
  return { width: Math.min(width, most?.width ?? width), height: Math.min(height, most?.height ?? height) };
}

/** Raises what the browser says when there is no such device, or it may not be used. */
export async function capture(properties: CaptureProperties): Promise<Captured[]> {
  const { audioSource, videoSource, constraints, videoContentHint } = properties;
  const captured = constraints ? await byConstraints(constraints as MediaStreamConstraints) : await bySources(properties);
  if (isScreen(videoSource) && audioSource instanceof MediaStreamTrack) captured.push(ofScreen(audioSource));
  for (const { track } of captured) {
    if (videoContentHint !== undefined && track.kind === Track.Kind.Video) track.mediaStreamTrack.contentHint = videoContentHint;
  }
  return captured;
}

async function bySources(properties: CaptureProperties): Promise<Captured[]> {
  const { audioSource, videoSource } = properties;
  if (isScreen(videoSource)) return await captureScreen(audioSource === true, properties);
  const own = [given(audioSource), given(videoSource)].filter((each) => each !== undefined);
  const wished = { audio: soundOf(properties), video: pictureOf(properties) };
  const devices = wished.audio || wished.video ? await createLocalTracks(wished) : [];
  return [...own, ...devices.map((track) => ({ track, source: track.source }))];
}

/** What `getUserMedia` takes, written by the application itself. */
async function byConstraints(constraints: MediaStreamConstraints): Promise<Captured[]> {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  return stream.getTracks().map((track) => {
    const wished = constraints[track.kind === "audio" ? "audio" : "video"];
    const asked = typeof wished === "object" ? wished : {};
    return track.kind === "audio"
      ? { track: new LocalAudioTrack(track, asked, false), source: Track.Source.Microphone }
      : { track: new LocalVideoTrack(track, asked, false), source: Track.Source.Camera };
  });
}

async function captureScreen(audio: boolean, { videoContentHint, maxResolution }: CaptureProperties): Promise<Captured[]> {
  if (!("getDisplayMedia" in navigator.mediaDevices)) {
    throw new OTError("OT_SCREEN_SHARING_NOT_SUPPORTED", "This browser cannot share screens");
  }
  const contentHint = videoContentHint === "" ? undefined : (videoContentHint ?? "detail");
  const tracks = await createLocalScreenTracks({
    audio,
    ...(contentHint ? { contentHint } : {}),
    ...(maxResolution ? { resolution: maxResolution } : {}),
  });
  return tracks.map((track) => ({ track, source: track.source }));
}

/** A track that the application brought. */
function given(source: Source): Captured | undefined {
  if (!(source instanceof MediaStreamTrack)) return undefined;
  return source.kind === "audio"
    ? { track: new LocalAudioTrack(source), source: Track.Source.Microphone }
    : { track: new LocalVideoTrack(source), source: Track.Source.Unknown };
}

function ofScreen(sound: MediaStreamTrack): Captured {
  return { track: new LocalAudioTrack(sound), source: Track.Source.ScreenShareAudio };
}

/** What is asked of a microphone; false for none. Pure. */
export function soundOf(properties: CaptureProperties): AudioCaptureOptions | false {
  const { audioSource, disableAudioProcessing, echoCancellation, noiseSuppression, autoGainControl, enableStereo } = properties;
  if (isNone(audioSource)) return false;
  const processed = !(disableAudioProcessing ?? false);
  return {
    ...(typeof audioSource === "string" ? { deviceId: { exact: audioSource } } : {}),
    echoCancellation: echoCancellation ?? processed,
    noiseSuppression: noiseSuppression ?? processed,
    autoGainControl: autoGainControl ?? processed,
    ...(enableStereo ? { channelCount: 2 } : {}),
  };
}

/** What is asked of a camera; false for none. Pure. */
export function pictureOf(properties: CaptureProperties): VideoCaptureOptions | false {
  const { videoSource, resolution, maxResolution, frameRate, facingMode } = properties;
  if (isNone(videoSource)) return false;
  return {
    ...(typeof videoSource === "string" ? { deviceId: { exact: videoSource } } : {}),
    ...(facingMode ? { facingMode } : {}),
    resolution: { ...sizeOf(resolution, maxResolution), ...(frameRate ? { frameRate } : {}) },
  };
}

function isNone(source: Source): boolean {
  return source === null || source === false || typeof source === "object" || isScreen(source);
}

export async function devices(): Promise<Device[]> {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.flatMap(({ kind, deviceId, label }): Device[] =>
    kind === "audiooutput" ? [] : [{ kind: kind === "audioinput" ? "audioInput" : "videoInput", deviceId, label }],
  );
}

/** The camera after `current`, and the first after the last. Raises OTError when there is none. */
export function nextCamera(all: readonly Device[], current: string | undefined): string {
  const cameras = all.filter(({ kind }) => kind === "videoInput").map(({ deviceId }) => deviceId);
  const next = cameras[(cameras.indexOf(current ?? "") + 1) % cameras.length];
  if (next === undefined) throw new OTError("OT_NO_DEVICES_FOUND", "There is no camera");
  return next;
}

/** Runs `ask` and tells when the browser begins and ends to ask the person, where it says that it will. */
export async function asking<T>(ask: () => Promise<T>, opened: () => void, closed: () => void): Promise<T> {
  const names = ["camera", "microphone"] as PermissionName[];
  const states = await Promise.all(names.map((name) => navigator.permissions.query({ name }).then(({ state }) => state, () => "unknown")));
  const asks = states.includes("prompt");
  if (asks) opened();
  try {
    return await ask();
  } finally {
    if (asks) closed();
  }
}
