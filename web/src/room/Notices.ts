// Tells of who comes and goes and of what is written, also to whoever looks elsewhere; each person may turn it off.
import { ConnectionState, RoomEvent, type RemoteParticipant, type Room } from "livekit-client";
import { texts } from "../texts";
import type { Chat } from "./Chat";
import { chime } from "./chime";
import { rememberedChoices } from "./memory";
import { isRecorder } from "./people";
import type { Toaster } from "./Toaster";

/** Those who come, or go, within this time are told of in one sentence. */
const TOGETHER_MS = 1200;
/** For so long after a broken connection everybody seems to go and to come. */
const SETTLES_MS = 5000;
const MOST_NAMES = 3;
const LONGEST_TEXT = 120;
const TONES = { came: [523, 659], went: [659, 523], written: [784] };

type Change = "came" | "went";

/** Names in one sentence: "Ann, Ben and 4 others". */
export function listed(names: readonly string[], language: string | undefined): string {
  const rest = names.length - MOST_NAMES + 1;
  const said = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES - 1).map(texts.named), texts.notices.others(rest)] : names.map(texts.named);
  return new Intl.ListFormat(language, { type: "conjunction" }).format(said);
}

export class Notices {
  private readonly waiting = new Map<string, { change: Change; name: string }>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private quietUntil = 0;
  private seen = 0;

  constructor(
    private readonly room: Room,
    private readonly chat: Chat,
    private readonly toaster: Toaster,
    leaving: AbortSignal,
  ) {
    room
      .on(RoomEvent.ParticipantConnected, (person) => this.note("came", person))
      .on(RoomEvent.ParticipantDisconnected, (person) => this.note("went", person))
      .on(RoomEvent.SignalReconnecting, this.settle)
      .on(RoomEvent.Reconnecting, this.settle)
      .on(RoomEvent.Reconnected, this.settle);
    leaving.addEventListener("abort", chat.view.watch(this.onChat));
    leaving.addEventListener("abort", () => clearTimeout(this.timer));
  }

  private settle = (): void => {
    this.quietUntil = performance.now() + SETTLES_MS;
  };

  private note(change: Change, person: RemoteParticipant): void {
    if (isRecorder(person) || this.room.state !== ConnectionState.Connected || performance.now() < this.quietUntil) return;
    const before = this.waiting.get(person.identity);
    if (before && before.change !== change) this.waiting.delete(person.identity);
    else this.waiting.set(person.identity, { change, name: person.name || texts.call.guest });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), TOGETHER_MS);
  }

  private tell(): void {
    for (const change of ["came", "went"] as const) {
      const names = [...this.waiting.values()].filter((each) => each.change === change).map(({ name }) => name);
      if (names.length > 0) this.show(texts.notices[change](listed(names, document.documentElement.lang || undefined)), TONES[change]);
    }
    this.waiting.clear();
  }

  private onChat = (): void => {
    const { latest, unread } = this.chat.view.get();
    if (latest === null || latest.id <= this.seen) return;
    this.seen = latest.id;
    if (unread === 0) return; // it is being read
    const text = latest.text.length > LONGEST_TEXT ? `${latest.text.slice(0, LONGEST_TEXT)}…` : latest.text;
    // Those who listen to the page hear it from the announcer.
    this.show(texts.chat.from(latest.name || texts.call.guest, text), TONES.written, true);
  };

  private show(text: string, tones: readonly number[], spoken = false): void {
    const { notices, sounds, speakerId } = rememberedChoices();
    if (notices) this.toaster.show("info", text, { spoken });
    if (sounds) chime(speakerId, tones).catch(() => undefined);
  }
}
