// `<reelroom-room room="…" token="…" name="…">`: a room inside any page, in a frame that keeps to itself.

/** Where this script came from is where the rooms are. */
const server = new URL(import.meta.url).origin;

/** What the frame may ask the browser for on behalf of the page. */
const ALLOW = ["camera", "microphone", "display-capture", "autoplay", "fullscreen", "picture-in-picture", "speaker-selection", "clipboard-write"];

const STYLE = ":host{display:block;height:600px}:host([hidden]){display:none}iframe{width:100%;height:100%;border:0;border-radius:inherit}";

/** Events: `joined`, `left` and `recording` (`detail.state`). The token goes behind the #, which no server sees. */
class ReelroomRoom extends HTMLElement {
  static observedAttributes = ["room", "token", "name"];
  private frame: HTMLIFrameElement | null = null;

  connectedCallback(): void {
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.frame = document.createElement("iframe");
    this.frame.allow = ALLOW.join("; ");
    this.frame.allowFullscreen = true;
    this.show();
    shadow.replaceChildren(style, this.frame);
    window.addEventListener("message", this.hear);
  }

  disconnectedCallback(): void {
    window.removeEventListener("message", this.hear);
    this.shadowRoot?.replaceChildren();
    this.frame = null;
  }

  attributeChangedCallback(): void {
    this.show();
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

  private hear = ({ origin, source, data }: MessageEvent): void => {
    if (origin !== server || source !== this.frame?.contentWindow) return;
    const { reelroom, ...detail } = (data ?? {}) as { reelroom?: unknown };
    if (typeof reelroom === "string") this.dispatchEvent(new CustomEvent(reelroom, { detail, bubbles: true }));
  };
}

if (!customElements.get("reelroom-room")) customElements.define("reelroom-room", ReelroomRoom);
