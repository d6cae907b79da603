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
/** Of one sender: so many messages a second in the long run, and at once. */
const MESSAGES_A_SECOND = 5;
const MESSAGES_AT_ONCE = 100;

export class Chat {
  readonly view = new Observable<ChatView>({ messages: [], unread: 0, latest: null });
  private reading = false;
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
    const { messages, unread, latest } = this.view.get();
    this.view.set({
      messages: [...messages, message].slice(-MOST_MESSAGES),
      unread: this.reading || message.mine ? unread : unread + 1,
      latest: message.mine ? latest : message,
    });
  }
}
