// Opening a camera and a microphone, and what to say when that fails.
import { createLocalTracks, LocalVideoTrack, MediaDeviceFailure, type LocalTrack } from "livekit-client";
import { texts } from "../texts";
import { setBackground } from "./filters";
import type { Choices } from "./memory";
import { canReplace } from "./rawTracks";

type Problem = keyof typeof texts.devices.camera;

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

/** Whether camera and microphone would open without a question of the browser's. */
export async function devicesGranted(): Promise<boolean> {
  try {
    const found = await Promise.all((["camera", "microphone"] as const).map((name) => navigator.permissions.query({ name })));
    return devicesAllowed() && found.every(({ state }) => state === "granted");
  } catch {
    return false; // a browser that cannot tell would ask
  }
}

/** What to say when `what` did not open. */
export function deviceProblem(what: "camera" | "microphone" | "both", error: unknown): string {
  return devicesAllowed() ? texts.devices[what][problemOf(error)] : texts.devices.insecure;
}

function problemOf(error: unknown): Problem {
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

async function filtered(opened: Opened, wanted: Choices): Promise<Opened> {
  const camera = opened.tracks.find((track): track is LocalVideoTrack => track instanceof LocalVideoTrack);
  if (wanted.background === "none" || !camera || !canReplace() || (await setBackground(camera, wanted.background))) return opened;
  return { ...opened, problem: opened.problem ?? texts.filters.noBackground };
}

/** Opens what is wanted: both at once, so that the browser asks once; one alone if the other fails. */
export async function openDevices(wanted: Choices): Promise<Opened> {
  return filtered(await openPlain(wanted), wanted);
}

async function openPlain(wanted: Choices): Promise<Opened> {
  const audio = wanted.microphone && exact(wanted.microphoneId);
  const video = wanted.camera && { ...capture, ...exact(wanted.cameraId) };
  if (!audio && !video) return { tracks: [], problem: null };
  if (!devicesAllowed()) return { tracks: [], problem: texts.devices.insecure };
  try {
    return { tracks: await createLocalTracks({ audio, video }), problem: null };
  } catch (error) {
    if (!audio || !video) return { tracks: [], problem: deviceProblem(audio ? "microphone" : "camera", error) };
    const [sound, picture] = await Promise.allSettled([createLocalTracks({ audio }), createLocalTracks({ video })]);
    if (sound.status === "rejected" && picture.status === "rejected") {
      const same = problemOf(sound.reason) === problemOf(picture.reason);
      const each = [deviceProblem("camera", picture.reason), deviceProblem("microphone", sound.reason)].join(" ");
      return { tracks: [], problem: same ? deviceProblem("both", sound.reason) : each };
    }
    if (sound.status === "rejected") return { tracks: tracksOf(picture), problem: deviceProblem("microphone", sound.reason) };
    if (picture.status === "rejected") return { tracks: tracksOf(sound), problem: deviceProblem("camera", picture.reason) };
    return { tracks: [...tracksOf(sound), ...tracksOf(picture)], problem: null };
  }
}

const tracksOf = (result: PromiseSettledResult<LocalTrack[]>): LocalTrack[] => (result.status === "fulfilled" ? result.value : []);
