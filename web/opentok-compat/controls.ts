// The default user interface on a publisher's or subscriber's picture: name, mute button, level, and what is the matter.
import { CSS, restyled, shows, styleOf, type Style } from "./styles";
import type { WidgetProperties } from "./contract/properties";

const MICROPHONE = "M9 9V6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0M5 11a7 7 0 0 0 14 0M12 18v3";
const SPEAKER = "M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M19 6a9 9 0 0 1 0 12";
const CROSSED = "M3 3l18 18";

/** Recent sound is louder to the eye than a moment's. */
const FADE = 0.7;

export interface Wish {
  kind: "publisher" | "subscriber";
  name: string;
  initials: string;
  style: Partial<Style> | undefined;
  /** The mute button; undefined where there is no sound to mute. */
  mute: ((muted: boolean) => void) | undefined;
  /** The button that plays what the browser held back. */
  unblock?: () => void;
}

/** What there is to show beside the style. */
export interface Look {
  hasVideo: boolean;
  muted: boolean;
  archiving: boolean;
  warned: boolean; // the picture may go, or has gone, because the connection is bad
  blocked: boolean; // the browser plays nothing before a click
}

export class Controls {
  style: Style;
  private look: Look = { hasVideo: true, muted: false, archiving: false, warned: false, blocked: false };
  private loud = 0;
  private readonly poster = make("div", "OT_video-poster");
  private readonly initials = make("span", "OT_initials");
  private readonly bar = make("div", "OT_bar");
  private readonly name = make("h1", "OT_name");
  private readonly button = make("button", "OT_mute");
  private readonly meter = make("div", "OT_audio-level-meter");
  private readonly level = make("i", "OT_audio-level-value");
  private readonly archiving = make("div", "OT_archiving");
  private readonly disabled = make("div", "OT_video-disabled");
  private readonly blocked = make("button", "OT_audio-blocked");

  constructor(
    private readonly container: HTMLElement,
    private readonly wish: Wish,
    properties: WidgetProperties,
  ) {
    addStyles();
    this.style = styleOf(wish.style, properties);
    this.archiving.textContent = "Archiving";
    this.disabled.textContent = "Poor connection";
    this.blocked.textContent = "Click to hear";
    this.blocked.onclick = () => wish.unblock?.();
    this.button.onclick = () => wish.mute?.(!this.look.muted);
    this.meter.ariaHidden = "true";
    this.poster.append(this.initials);
    this.meter.append(this.level);
    this.bar.append(this.name, this.button);
    container.append(this.poster, this.meter, this.archiving, this.disabled, this.bar, this.blocked);
    this.named(wish.name, wish.initials);
    this.show({});
  }

  setStyle(name: unknown, value?: unknown): void {
    this.style = restyled(this.style, name, value);
    this.show({});
  }

  named(name: string, initials: string): void {
    this.name.textContent = name;
    this.name.title = name;
    this.initials.textContent = initials || initialsOf(name);
    this.initials.style.visibility = this.initials.textContent ? "visible" : "hidden";
  }

  /** Whether somebody has to measure how loud it is. */
  get showsLevel(): boolean {
    return shows(this.style.audioLevelDisplayMode, !this.look.hasVideo);
  }

  heard(level: number): void {
    this.loud = Math.max(level, this.loud * FADE);
    this.level.style.height = `${Math.round(Math.sqrt(this.loud) * 100)}%`;
  }

  show(change: Partial<Look>): void {
    this.look = { ...this.look, ...change };
    const { look, style } = this;
    const publisher = this.wish.kind === "publisher";
    this.container.classList.toggle("OT_audio-only", !look.hasVideo);
    this.poster.style.backgroundImage = style.backgroundImageURI ? `url("${encodeURI(style.backgroundImageURI)}")` : "";
    mode(this.name, style.nameDisplayMode);
    mode(this.button, this.wish.mute ? style.buttonDisplayMode : "off");
    this.button.ariaLabel = publisher ? (look.muted ? "Unmute microphone" : "Mute microphone") : look.muted ? "Unmute audio" : "Mute audio";
    this.button.ariaPressed = String(look.muted);
    this.button.classList.toggle("OT_active", look.muted);
    this.button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${publisher ? MICROPHONE : SPEAKER}${look.muted ? CROSSED : ""}"/></svg>`;
    this.meter.hidden = !this.showsLevel;
    this.archiving.hidden = !publisher || style.archiveStatusDisplayMode === "off" || !look.archiving;
    this.disabled.hidden = !shows(style.videoDisabledDisplayMode, look.warned);
    this.blocked.hidden = !shows(style.audioBlockedDisplayMode, look.blocked);
  }
}

function mode(element: HTMLElement, display: string): void {
  for (const each of ["on", "auto", "off"]) element.classList.toggle(`OT_mode-${each}`, each === display);
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letter = (word = "") => /\p{L}|\p{N}/u.exec(word)?.[0].toUpperCase() ?? "";
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map(letter).join("");
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, kind: string): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = kind;
  if (element instanceof HTMLButtonElement) element.type = "button";
  return element;
}

let styled = false;

/** A sheet that no Content-Security-Policy refuses. */
function addStyles(): void {
  if (styled || !("adoptedStyleSheets" in document)) return;
  styled = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${CSS} .OT_root [hidden] { display: none }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
