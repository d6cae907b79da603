// The chat of a visit: what was written in its meeting, and how much of it is unread.
import { RoomEvent, type RemoteParticipant, type Room } from "livekit-client";
import type { ChatLine } from "../api/types";
import { Budgets } from "./budget";
import { CHAT_TOPIC, LONGEST_MESSAGE, newId, parseChat, type ChatMessage } from "./messages";
import { isRecorder } from "./people";
import { Observable } from "./Observable";

export interface Written extends Omit<ChatMessage, "id"> {
  id: number;
  /** By whom it is, and their id for it: what replies name. */
  key: string;
  mine: boolean;
}

export interface ChatView {
  messages: Written[];
  unread: number;
  /** The last message of somebody else, for those who listen to the page. */
  latest: Written | null;
}

/** Where what was written is kept for who comes later. */
export interface Keeper {
  keep(line: { id: string; text: string; replyTo: string }): Promise<unknown>;
  /** Null where nothing is kept. */
  history(): Promise<ChatLine[] | null>;
}

const MOST_MESSAGES = 500;
const MOST_KEPT = 200;
const ASK_AGAIN_MS = 3000;
/** Of one sender: so many messages a second in the long run, and at once. */
const MESSAGES_A_SECOND = 5;
const MESSAGES_AT_ONCE = 100;

export class Chat {
  readonly view = new Observable<ChatView>({ messages: [], unread: 0, latest: null });
  private reading = false;
  private storage: string | null = null;
  private keeper: Keeper | null = null;
  private count = 0;
  private readonly budgets = new Budgets(MESSAGES_A_SECOND, MESSAGES_AT_ONCE);

  constructor(
    private readonly room: Room,
    private readonly name: string,
  ) {
    room.on(RoomEvent.DataReceived, (payload, sender, _kind, topic) => {
      if (topic !== CHAT_TOPIC || !sender || isRecorder(sender)) return;
      if (this.budgets.spend(sender.identity, performance.now())) this.receive(payload, sender);
    });
  }

  /** What this window has read and written in the session before, a reload ago say, is there again; and what others wrote. */
  async meet(sessionId: string, keeper: Keeper): Promise<void> {
    this.storage = `reelroom.chat.${sessionId}`;
    const before = kept(this.storage).map((message) => ({ ...message, id: ++this.count }));
    const { messages, ...view } = this.view.get();
    this.view.set({ ...view, messages: [...before, ...messages] });
    // One that fails is asked for once more, and missed then as a message on a bad line is.
    const ask = () => keeper.history();
    const history = await ask().catch(() => new Promise((later) => setTimeout(later, ASK_AGAIN_MS)).then(ask)).catch(() => []);
    if (history === null) return;
    this.keeper = keeper;
    this.merge(history, new Set(before.map(({ key }) => key)));
  }

  /** What was written before one came stands before what one has heard since. */
  private merge(history: ChatLine[], before: ReadonlySet<string>): void {
    const { messages, unread, latest } = this.view.get();
    const known = new Map(messages.map((message) => [message.key, message]));
    const told = history.map((line): Written => {
      const key = `${line.identity} ${line.id}`;
      const { name, text, at } = line;
      return known.get(key) ?? { id: ++this.count, key, name, text, at, replyTo: line.replyTo || null, mine: false };
    });
    const keys = new Set(told.map(({ key }) => key));
    const others = messages.filter(({ key }) => !keys.has(key));
    const fresh = told.filter(({ key }) => !known.has(key)).length;
    this.note({
      messages: [...others.filter(({ key }) => before.has(key)), ...told, ...others.filter(({ key }) => !before.has(key))],
      unread: this.reading ? 0 : unread + fresh,
      latest,
    });
  }

  private receive(payload: Uint8Array, sender: RemoteParticipant): void {
    const message = parseChat(new TextDecoder().decode(payload), Date.now());
    if (!message) return;
    const key = `${sender.identity} ${message.id || newId()}`;
    if (this.view.get().messages.some((known) => known.key === key)) return;
    // The name is the sender's own as the room knows it, whatever the message says.
    this.add({ ...message, key, name: sender.name || message.name, id: ++this.count, mine: false });
  }

  /** Rejects if it could not be sent. `replyTo`: the key of the message that it answers. */
  async send(text: string, replyTo: string | null = null): Promise<void> {
    const message = { id: newId(), text: text.trim().slice(0, LONGEST_MESSAGE), name: this.name, at: Date.now(), replyTo };
    if (message.text === "") return;
    const me = this.room.localParticipant;
    const payload = new TextEncoder().encode(JSON.stringify(message));
    // Kept first: whoever comes in between hears it twice, and is shown it once; nobody misses it.
    await this.keeper?.keep({ id: message.id, text: message.text, replyTo: replyTo ?? "" }).catch(() => undefined);
    await me.publishData(payload, { reliable: true, topic: CHAT_TOPIC });
    this.add({ ...message, key: `${me.identity} ${message.id}`, id: ++this.count, mine: true });
  }

  /** Whether the person has the messages in view. */
  read(reading: boolean): void {
    this.reading = reading;
    if (reading) this.view.set({ ...this.view.get(), unread: 0 });
  }

  private add(message: Written): void {
    const { messages, unread, latest } = this.view.get();
    this.note({
      messages: [...messages, message],
      unread: this.reading || message.mine ? unread : unread + 1,
      latest: message.mine ? latest : message,
    });
  }

  private note(view: ChatView): void {
    const messages = view.messages.slice(-MOST_MESSAGES);
    if (this.storage !== null) keep(this.storage, messages);
    this.view.set({ ...view, messages });
  }
}

/** What a window remembers of a chat until it is closed. */
function kept(key: string): Omit<Written, "id">[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? (found as Partial<Written>[]).filter(isWritten) : [];
  } catch {
    return []; // storage may be forbidden
  }
}

function isWritten(message: Partial<Written>): message is Written {
  return typeof message.key === "string" && typeof message.text === "string" && typeof message.name === "string" && typeof message.at === "number" && typeof message.mine === "boolean";
}

function keep(key: string, messages: readonly Written[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(messages.slice(-MOST_KEPT)));
  } catch {
    // See kept.
  }
}
