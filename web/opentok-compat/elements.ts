// Where a publisher or subscriber shows itself in the application's page.
import { OTError } from "./errors";

export type Target = string | HTMLElement | null | undefined;

export interface ElementProperties {
  insertMode?: "replace" | "after" | "before" | "append";
  insertDefaultUI?: boolean;
  width?: number | string;
  height?: number | string;
  fitMode?: "cover" | "contain";
}

export function newVideo(mirror: boolean, fit: "cover" | "contain"): HTMLVideoElement {
  const video = document.createElement("video");
  video.className = "OT_video-element";
  video.autoplay = true;
  video.playsInline = true;
  Object.assign(video.style, { width: "100%", height: "100%", objectFit: fit, transform: mirror ? "scaleX(-1)" : "" });
  return video;
}

/** Puts `video` into the page and returns its container. Raises OTError when the target is not there. */
export function insert(video: HTMLVideoElement, target: Target, kind: string, properties: ElementProperties): HTMLElement {
  const found = typeof target === "string" ? document.getElementById(target) : (target ?? null);
  if (!found && target) throw new OTError("OT_INVALID_PARAMETER", `There is no element #${target as string}`);
  const mode = properties.insertMode ?? "replace";
  const container = found && mode === "replace" ? found : document.createElement("div");
  if (!container.id) container.id = `OT_${crypto.randomUUID()}`;
  container.classList.add("OT_root", kind);
  Object.assign(container.style, {
    width: length(properties.width, "264px"),
    height: length(properties.height, "198px"),
    overflow: "hidden",
    background: "#000",
  });
  container.replaceChildren(video);
  if (!found) document.body.append(container);
  else if (mode === "append") found.append(container);
  else if (mode === "before" || mode === "after") found[mode](container);
  return container;
}

function length(given: number | string | undefined, otherwise: string): string {
  if (given === undefined) return otherwise;
  return typeof given === "number" || /^\d+$/.test(given) ? `${given}px` : given;
}
