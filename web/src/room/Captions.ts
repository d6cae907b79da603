// Live captions of one visit: asks the server for them, and keeps what is to be read.
import { RoomEvent, type RemoteParticipant, type Room } from "livekit-client";
import { messageOf, wantCaptions } from "../api/client";
import { inOwnWords } from "../refusals";
import { texts } from "../texts";
import { CAPTIONS_TOPIC, parseCaption, parseCaptionFacts, stillShown, withCaption, type CaptionLine } from "./captionLines";
import { Observable } from "./Observable";
import type { Toaster } from "./Toaster";

export interface CaptionsView {
  /** Whether this server can make them. */
  possible: boolean;
  /** Whether this person reads them. */
  wanted: boolean;
  /** Whether somebody does: what is said is turned into text. */
  on: boolean;
  /** Whether they are made by now. */
  ready: boolean;
  lines: CaptionLine[];
}

const LOOK_MS = 500;

export class Captions {
  readonly view = new Observable<CaptionsView>({ possible: false, wanted: false, on: false, ready: false, lines: [] });
  private sessionId = "";
  private accessToken = "";
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly room: Room,
    private readonly toaster: Toaster,
    leaving: AbortSignal,
  ) {
    room
      .on(RoomEvent.DataReceived, this.onData)
      .on(RoomEvent.RoomMetadataChanged, this.onMetadata)
      // Whoever joins again is somebody new to the server.
      .on(RoomEvent.Reconnected, () => this.view.get().wanted && void this.ask(true));
    leaving.addEventListener("abort", () => clearInterval(this.timer));
  }

  /** In the room now, with this access token. */
  meet(sessionId: string, accessToken: string, possible: boolean): void {
    this.sessionId = sessionId;
    this.accessToken = accessToken;
    const { on, ready } = parseCaptionFacts(this.room.metadata);
    this.patch({ possible, on, ready });
  }

  toggle = async (): Promise<void> => {
    const { possible, wanted } = this.view.get();
    if (!possible) return this.toaster.show("info", texts.captions.impossible);
    this.patch({ wanted: !wanted, lines: [] });
    clearInterval(this.timer);
    if (!wanted) this.timer = setInterval(this.look, LOOK_MS);
    await this.ask(!wanted);
  };

  private async ask(wanted: boolean): Promise<void> {
    await wantCaptions(this.sessionId, this.accessToken, wanted).catch((error: unknown) => this.giveUp(messageOf(error)));
  }

  private giveUp(problem: string): void {
    if (this.view.get().wanted) this.toaster.show("error", problem);
    clearInterval(this.timer);
    this.patch({ wanted: false, lines: [] });
  }

  private look = (): void => {
    const { lines } = this.view.get();
    const left = stillShown(lines, Date.now());
    if (left.length !== lines.length) this.patch({ lines: left });
  };

  private onData = (payload: Uint8Array, sender?: RemoteParticipant, _kind?: unknown, topic?: string): void => {
    // The server speaks without being a participant; nobody else may put words into a mouth.
    if (sender || topic !== CAPTIONS_TOPIC || !this.view.get().wanted) return;
    const caption = parseCaption(new TextDecoder().decode(payload));
    if (caption) this.patch({ lines: withCaption(this.view.get().lines, caption, Date.now()) });
  };

  private onMetadata = (metadata: string | undefined): void => {
    const before = this.view.get().on;
    const { on, ready, problem } = parseCaptionFacts(metadata);
    this.patch({ on, ready });
    if (before && !on && problem) void inOwnWords(problem).then((why) => this.giveUp(texts.captions.ended(why)));
  };

  private patch(change: Partial<CaptionsView>): void {
    this.view.set({ ...this.view.get(), ...change });
  }
}
