// The chat of a visit: what was written since one came, and how much of it is unread.
import { RoomEvent, type RemoteParticipant, type Room } from "livekit-client";
import { Budgets } from "./budget";
import { CHAT_TOPIC, LONGEST_MESSAGE, parseChat, type ChatMessage } from "./messages";
import { isRecorder } from "./people";
import { Observable } from "./Observable";

export interface Written extends ChatMessage {
  id: number;
  mine: boolean;
}

export interface ChatView {
  messages: Written[];
  unread: number;
  /** The last message of somebody else, for those who listen to the page. */
  latest: Written | null;
}

const MOST_MESSAGES = 500;
const MOST_KEPT = 200;
/** Of one sender: so many messages a second in the long run, and at once. */
const MESSAGES_A_SECOND = 5;
const MESSAGES_AT_ONCE = 100;

export class Chat {
  readonly view = new Observable<ChatView>({ messages: [], unread: 0, latest: null });
  private reading = false;
  private key: string | null = null;
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

  /** What this window has read and written in the session before, a reload ago say, is there again. */
  meet(sessionId: string): void {
    this.key = `reelroom.chat.${sessionId}`;
    const before = kept(this.key);
    const { messages, ...view } = this.view.get();
    this.view.set({ ...view, messages: [...before.map((message) => ({ ...message, id: ++this.count })), ...messages] });
  }

  private receive(payload: Uint8Array, sender: RemoteParticipant): void {
    const message = parseChat(new TextDecoder().decode(payload), Date.now());
    // The name is the sender's own as the room knows it, whatever the message says.
    if (message) this.add({ ...message, name: sender.name || message.name, id: ++this.count, mine: false });
  }

  /** Rejects if it could not be sent. */
  async send(text: string): Promise<void> {
    const message = { text: text.trim().slice(0, LONGEST_MESSAGE), name: this.name, at: Date.now() };
    if (message.text === "") return;
    const payload = new TextEncoder().encode(JSON.stringify(message));
    await this.room.localParticipant.publishData(payload, { reliable: true, topic: CHAT_TOPIC });
    this.add({ ...message, id: ++this.count, mine: true });
  }

  /** Whether the person has the messages in view. */
  read(reading: boolean): void {
    this.reading = reading;
    if (reading) this.view.set({ ...this.view.get(), unread: 0 });
  }

  private add(message: Written): void {
    const { messages: before, unread, latest } = this.view.get();
    const messages = [...before, message].slice(-MOST_MESSAGES);
    if (this.key !== null) keep(this.key, messages);
    this.view.set({
      messages,
      unread: this.reading || message.mine ? unread : unread + 1,
      latest: message.mine ? latest : message,
    });
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
  return typeof message.text === "string" && typeof message.name === "string" && typeof message.at === "number" && typeof message.mine === "boolean";
}

function keep(key: string, messages: readonly Written[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(messages.slice(-MOST_KEPT)));
  } catch {
    // See kept.
  }
}
