// Where this page's sound comes out: one device for all that is subscribed to.
import { audioContext } from "./levels";
import type { AudioOutputDevice } from "./contract/properties";
import { OTError } from "./errors";

const DEFAULT = "default";

const elements = new Set<HTMLMediaElement>();
let chosen = DEFAULT;

/** Its sound goes to the chosen device, until it is released. */
export function sounds(element: HTMLMediaElement): void {
  elements.add(element);
  if (chosen !== DEFAULT && canChoose()) element.setSinkId(chosen).catch(() => undefined);
}

export function silent(element: HTMLMediaElement): void {
  elements.delete(element);
}

export async function outputs(): Promise<AudioOutputDevice[]> {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.filter(({ kind }) => kind === "audiooutput").map(({ deviceId, label }) => ({ deviceId, label }));
}

/** Raises OTError for a device that is not there, and in a browser that lets nobody choose. */
export async function choose(deviceId: string): Promise<void> {
  if (!canChoose()) throw new OTError("OT_NOT_SUPPORTED", "This browser plays to the system's device only");
  const device = (await outputs()).find((each) => each.deviceId === deviceId);
  if (!device) throw new OTError("OT_NO_DEVICES_FOUND", "There is no such audio output device");
  await Promise.all([...elements].map((element) => element.setSinkId(deviceId)));
  chosen = deviceId;
}

export async function active(): Promise<AudioOutputDevice> {
  const all = await outputs();
  return all.find(({ deviceId }) => deviceId === chosen) ?? all[0] ?? { deviceId: null, label: null };
}

/** After somebody has touched the page: plays what the browser held back. */
export async function unblock(): Promise<void> {
  await Promise.all([audioContext().resume(), ...[...elements].map((element) => element.play().catch(() => undefined))]);
}

function canChoose(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}
