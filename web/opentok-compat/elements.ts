// Where a publisher or subscriber shows itself in the application's page.
import type { WidgetProperties } from "./contract/properties";
import { OTError } from "./errors";

export type Target = string | HTMLElement | null | undefined;

export function newVideo(mirror: boolean, fit: "cover" | "contain"): HTMLVideoElement {
  const video = document.createElement("video");
  video.className = "OT_video-element";
  video.autoplay = true;
  video.playsInline = true;
  Object.assign(video.style, { width: "100%", height: "100%", objectFit: fit, transform: mirror ? "scaleX(-1)" : "" });
  return video;
}

/** Puts `video` into the page and returns its container. Raises OTError when the target is not there. */
export function insert(video: HTMLVideoElement, target: Target, kind: string, properties: WidgetProperties): HTMLElement {
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
  const widget = document.createElement("div");
  widget.className = "OT_widget-container";
  widget.append(video);
  container.replaceChildren(widget);
  if (!found) document.body.append(container);
  else if (mode === "append") found.append(container);
  else if (mode === "before" || mode === "after") found[mode](container);
  return container;
}

/** What a picture shows at this moment, as a PNG in base64; null without one. */
export function still(video: HTMLVideoElement): string | null {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const drawing = canvas.getContext("2d");
  if (!drawing || !canvas.width) return null;
  drawing.drawImage(video, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1] ?? null;
}

/** Tells each new size of the picture, the first one without one before it. */
export function watchSize(video: HTMLVideoElement, changed: (change: { oldValue: Size; newValue: Size }) => void): void {
  let oldValue: Size = { width: 0, height: 0 };
  video.addEventListener("resize", () => {
    const newValue = { width: video.videoWidth, height: video.videoHeight };
    if (!newValue.width || (newValue.width === oldValue.width && newValue.height === oldValue.height)) return;
    const change = { oldValue, newValue };
    oldValue = newValue;
    changed(change);
  });
}

export interface Size {
  width: number;
  height: number;
}

function length(given: number | string | undefined, otherwise: string): string {
  if (given === undefined) return otherwise;
  return typeof given === "number" || /^\d+$/.test(given) ? `${given}px` : given;
}
