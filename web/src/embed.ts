// `<reelroom-room room="…" token="…" name="…">`: a room inside any page, in a frame that keeps to itself.
import type { Command } from "./room/command";

/** Where this script came from is where the rooms are. */
const server = new URL(import.meta.url).origin;

/** What the frame may ask the browser for on behalf of the page. */
const ALLOW = ["camera", "microphone", "display-capture", "autoplay", "fullscreen", "picture-in-picture", "speaker-selection", "clipboard-write"];

const STYLE =
  ":host{display:block;height:600px}:host([hidden]){display:none}iframe{width:100%;height:100%;border:0;border-radius:inherit}p{margin:0;padding:1em;font:inherit}";

/** So long after it has loaded the frame has said that it is a room (ms); a browser that refuses it says nothing. */
const SAYS_MS = 4000;
const ANSWERS_MS = 15_000;

const refusal = () => {
  const here = location.origin;
  const all: Record<string, string> = {
    de: `Räume von ${server} dürfen auf dieser Seite nicht stehen. Wer den Server betreibt, erlaubt es mit REELROOM_ALLOWED_ORIGINS='["${here}"]'.`,
    ar: `لا يُسمح لهذه الصفحة بعرض غرف \u2066${server}\u2069. يمكن لمشغّل الخادم السماح بذلك بالإعداد \u2066REELROOM_ALLOWED_ORIGINS='["${here}"]'\u2069.`,
  };
  return (
    all[navigator.language.split("-")[0] ?? ""] ??
    `This page may not show rooms of ${server}. Whoever hosts that server allows it by REELROOM_ALLOWED_ORIGINS='["${here}"]'.`
  );
};

/**
 * Events: `joined`, `left`, `refused`, and `recording`, `microphone`, `camera`, `people` with `detail.state`. Each method resolves
 * when it is done, and rejects with why not. The token goes behind the #, which no server sees.
 */
class ReelroomRoom extends HTMLElement {
  static observedAttributes = ["room", "token", "name"];
  private frame: HTMLIFrameElement | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private inside = false;
  private asked = 0;
  private readonly waiting = new Map<number, (error: string | null) => void>();

  connectedCallback(): void {
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.frame = document.createElement("iframe");
    // Full screen is in there, too: `allowFullscreen` beside it makes browsers complain.
    this.frame.allow = ALLOW.join("; ");
    this.frame.onload = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.refused, SAYS_MS);
    };
    this.show();
    shadow.replaceChildren(style, this.frame);
    window.addEventListener("message", this.hear);
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    window.removeEventListener("message", this.hear);
    this.shadowRoot?.replaceChildren();
    this.frame = null;
    this.gone();
  }

  attributeChangedCallback(): void {
    this.show();
  }

  mute(device: "microphone" | "camera" = "microphone", muted = true): Promise<void> {
    return this.ask({ name: "mute", device, muted });
  }

  layout(view: "grid" | "speaker"): Promise<void> {
    return this.ask({ name: "layout", view });
  }

  record(on = true): Promise<void> {
    return this.ask({ name: "record", on });
  }

  leave(): Promise<void> {
    return this.ask({ name: "leave" });
  }

  /** Opens the dialog in which a moderator makes invitations. */
  invite(): Promise<void> {
    return this.ask({ name: "invite" });
  }

  private show(): void {
    const room = this.getAttribute("room");
    if (!this.frame || !room) return;
    const address = new URL(`/room/${encodeURIComponent(room)}`, server);
    const name = this.getAttribute("name");
    const token = this.getAttribute("token");
    if (name) address.searchParams.set("name", name);
    if (token) address.hash = new URLSearchParams({ token }).toString();
    this.frame.title = room;
    if (this.frame.src !== address.href) this.frame.src = address.href;
  }

  private ask(command: Command): Promise<void> {
    return new Promise((resolve, reject) => {
      const target = this.frame?.contentWindow;
      if (!target || !this.inside) return reject(new Error("Nobody is in the room: wait for the event `joined`."));
      const id = ++this.asked;
      const timer = setTimeout(() => this.waiting.get(id)?.("The room did not answer."), ANSWERS_MS);
      this.waiting.set(id, (error) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        if (error === null) resolve();
        else reject(new Error(error));
      });
      target.postMessage({ reelroom: "command", id, ...command }, server);
    });
  }

  private gone(): void {
    this.inside = false;
    const waiting = [...this.waiting.values()];
    // What was done comes a moment later than that the visit has ended by it.
    setTimeout(() => waiting.forEach((answer) => answer("The visit has ended.")), 1000);
  }

  private refused = (): void => {
    const message = refusal();
    console.error(message);
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.dir = "auto";
    said.textContent = message;
    this.frame?.replaceWith(said);
    this.tell("refused", { state: "origin", message });
  };

  private tell(type: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }

  private hear = ({ origin, source, data }: MessageEvent): void => {
    if (origin !== server || source !== this.frame?.contentWindow) return;
    const { reelroom, id, error, ...detail } = (data ?? {}) as { reelroom?: unknown; id?: number; error?: string | null };
    if (typeof reelroom !== "string") return;
    clearTimeout(this.timer);
    this.frame.onload = null;
    if (reelroom === "answer") return this.waiting.get(id ?? 0)?.(error ?? null);
    if (reelroom === "here") return;
    if (reelroom === "joined") this.inside = true;
    if (reelroom === "left") this.gone();
    this.tell(reelroom, detail);
  };
}

if (!customElements.get("reelroom-room")) customElements.define("reelroom-room", ReelroomRoom);
