// What is done to one's own picture and sound before others get them; what it takes is loaded when it is chosen.
import type { LocalAudioTrack, LocalVideoTrack } from "livekit-client";
import type { Background } from "./backgrounds";
import type { Blur } from "./Blur";
import { canReplace } from "./rawTracks";

export function canDenoise(): boolean {
  return "AudioWorkletNode" in globalThis && "WebAssembly" in globalThis;
}

/** What a camera is to be opened with, so that nobody sees it without; undefined where nothing is wanted, or it does not work here. */
export async function backgroundFilter(background: Background): Promise<Blur | undefined> {
  if (background === "none" || !canReplace()) return undefined;
  const [{ Blur }, { pictureOf }] = await Promise.all([import("./Blur"), import("./backgrounds")]);
  const image = await pictureOf(background);
  return new Blur(image ? { image } : {});
}

/** Changes what is behind the person in a camera's picture; false if that does not work here. */
export async function setBackground(camera: LocalVideoTrack, background: Background): Promise<boolean> {
  try {
    const filter = await backgroundFilter(background);
    if (filter) await camera.setProcessor(filter);
    else await camera.stopProcessor();
    return filter !== undefined || background === "none";
  } catch (error) {
    console.warn("The background was not changed:", error);
    return false;
  }
}

/** Takes the noise from a microphone that is sent, or leaves it; false if that does not work here. */
export async function setDenoise(microphone: LocalAudioTrack, on: boolean): Promise<boolean> {
  try {
    if (!on) await microphone.stopProcessor();
    else {
      const { Denoise, soundContext } = await import("./Denoise");
      const context = await soundContext();
      await microphone.setAudioContext(context); // LiveKit wants one, whatever the filter uses
      await microphone.setProcessor(new Denoise(context));
    }
    return true;
  } catch (error) {
    console.warn("The noise was not taken from the microphone:", error);
    return false;
  }
}
