// Opening a camera and a microphone, and what to say when that fails.
import { createLocalTracks, LocalVideoTrack, MediaDeviceFailure, Track, type LocalTrack } from "livekit-client";
import { texts } from "../texts";
import type { Choices } from "./memory";

export type DeviceProblem = "denied" | "none" | "busy" | "insecure" | "other";

export interface Opened {
  tracks: LocalTrack[];
  /** A sentence for people, if something that was wanted is missing. */
  problem: string | null;
}

export const capture = { resolution: { width: 1280, height: 720, frameRate: 30 } };

/** Browsers hide devices from pages of an insecure origin altogether. */
export function devicesAllowed(): boolean {
  return (navigator.mediaDevices as MediaDevices | undefined) !== undefined;
}

export function deviceProblem(error: unknown): DeviceProblem {
  if (!devicesAllowed()) return "insecure";
  switch (MediaDeviceFailure.getFailure(error)) {
    case MediaDeviceFailure.PermissionDenied:
      return "denied";
    case MediaDeviceFailure.NotFound:
      return "none";
    case MediaDeviceFailure.DeviceInUse:
      return "busy";
    default:
      return "other";
  }
}

export function stopTracks(tracks: readonly LocalTrack[]): void {
  for (const track of tracks) track.stop();
}

const exact = (deviceId: string | null) => (deviceId === null ? {} : { deviceId });

/** Blurs a camera's background, or shows it again; false if that does not work here. */
export async function setBlur(camera: LocalVideoTrack, on: boolean): Promise<boolean> {
  try {
    if (!on) await camera.stopProcessor();
    else {
      const { Blur } = await import("./Blur");
      await camera.setProcessor(new Blur());
    }
    return true;
  } catch (error) {
    console.warn("The background was not blurred:", error);
    return false;
  }
}

/** Chromium gives pictures one by one, also to a page in the background. Others cannot blur. */
export function canBlur(): boolean {
  return "MediaStreamTrackProcessor" in globalThis && "MediaStreamTrackGenerator" in globalThis;
}

async function blurred(opened: Opened, wanted: Choices): Promise<Opened> {
  const camera = opened.tracks.find((track): track is LocalVideoTrack => track instanceof LocalVideoTrack);
  if (!wanted.blur || !camera || !canBlur() || (await setBlur(camera, true))) return opened;
  return { ...opened, problem: opened.problem ?? texts.devices.noBlur };
}

/** Opens what is wanted: both at once, so that the browser asks once; one alone if the other fails. */
export async function openDevices(wanted: Choices): Promise<Opened> {
  return blurred(await openPlain(wanted), wanted);
}

async function openPlain(wanted: Choices): Promise<Opened> {
  const audio = wanted.microphone && exact(wanted.microphoneId);
  const video = wanted.camera && { ...capture, ...exact(wanted.cameraId) };
  if (!audio && !video) return { tracks: [], problem: null };
  if (!devicesAllowed()) return { tracks: [], problem: texts.devices.insecure };
  try {
    return { tracks: await createLocalTracks({ audio, video }), problem: null };
  } catch (error) {
    const problem = texts.devices[deviceProblem(error)];
    if (!audio || !video) return { tracks: [], problem };
    const alone = await Promise.allSettled([createLocalTracks({ audio }), createLocalTracks({ video })]);
    const tracks = alone.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
    if (tracks.length === 0) return { tracks, problem };
    const hasVideo = tracks.some((track) => track.kind === Track.Kind.Video);
    return { tracks, problem: hasVideo ? texts.devices.noMicrophone : texts.devices.noCamera };
  }
}
