// Which parts of the default user interface show: OpenTok's style options, and what they mean at a moment. Pure.
import type { Display, PublisherStyle, SubscriberStyle, WidgetProperties } from "./contract/properties";

export type Style = PublisherStyle & SubscriberStyle;

const USUAL: Style = {
  archiveStatusDisplayMode: "auto",
  audioBlockedDisplayMode: "auto",
  audioLevelDisplayMode: "auto",
  backgroundImageURI: "",
  buttonDisplayMode: "auto",
  nameDisplayMode: "auto",
  videoDisabledDisplayMode: "auto",
};

export function styleOf(given: Partial<Style> = {}, { showControls }: WidgetProperties = {}): Style {
  const hidden: Partial<Style> =
    showControls === false
      ? { buttonDisplayMode: "off", nameDisplayMode: "off", audioLevelDisplayMode: "off", archiveStatusDisplayMode: "off" }
      : {};
  return { ...USUAL, ...hidden, ...given };
}

/** `setStyle("nameDisplayMode", "on")` and `setStyle({...})`; what OpenTok does not know is left out. */
export function restyled<Each extends Style>(style: Each, name: unknown, value?: unknown): Each {
  const wished = typeof name === "string" ? { [name]: value } : typeof name === "object" && name ? name : {};
  const known = Object.entries(wished).filter(([key, each]) => key in USUAL && typeof each === "string");
  return { ...style, ...(Object.fromEntries(known) as Partial<Each>) };
}

/** `auto` of a thing that shows while `matters`. */
export function shows(display: Display, matters: boolean): boolean {
  return display === "on" || (display === "auto" && matters);
}

export const CSS = `
.OT_root { position: relative; overflow: hidden; background: #000; color: #fff; font: 14px/1.3 system-ui, sans-serif }
.OT_widget-container, .OT_video-poster { position: absolute; inset: 0 }
.OT_video-poster { display: none; background: #2a2a2e center / cover no-repeat; place-content: center }
.OT_audio-only > .OT_video-poster { display: grid }
.OT_video-poster > span { display: grid; place-content: center; width: 72px; height: 72px; border-radius: 50%; background: #55585f;
  font-size: 28px }
.OT_bar { position: absolute; inset: auto 0 0; display: flex; gap: 8px; align-items: center; min-height: 40px; padding: 0 8px;
  background: linear-gradient(transparent, rgb(0 0 0 / 70%)) }
.OT_name { flex: 1; margin: 0; overflow: hidden; font: inherit; font-weight: 600; text-overflow: ellipsis; white-space: nowrap }
.OT_root button { display: grid; place-content: center; min-width: 32px; height: 32px; padding: 0 6px; border: 0; border-radius: 6px;
  background: rgb(0 0 0 / 55%); color: inherit; font: inherit; cursor: pointer }
.OT_root button:focus-visible { outline: 2px solid #fff; outline-offset: -2px }
.OT_root button svg { width: 20px; height: 20px; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round }
.OT_root .OT_mode-off { display: none }
.OT_root .OT_mode-auto { opacity: 0; transition: opacity .2s }
.OT_root:hover .OT_mode-auto, .OT_root:focus-within .OT_mode-auto, .OT_root .OT_mode-auto.OT_active { opacity: 1 }
.OT_audio-level-meter { position: absolute; top: 8px; right: 8px; width: 8px; height: 40px; border-radius: 4px; overflow: hidden;
  background: rgb(255 255 255 / 25%) }
.OT_audio-level-meter > i { position: absolute; inset: auto 0 0; height: 0; background: #4ade80 }
.OT_archiving, .OT_video-disabled { position: absolute; top: 8px; left: 8px; padding: 2px 8px; border-radius: 6px; background: rgb(0 0 0 / 55%) }
.OT_archiving::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 50%; background: #ef4444 }
.OT_root > .OT_audio-blocked { position: absolute; inset: 0; margin: auto; width: max-content; padding: 0 14px }
@media (prefers-reduced-motion: reduce) { .OT_root .OT_mode-auto { transition: none } }
`;
