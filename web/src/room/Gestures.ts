// Raised hands and reactions of a visit.
import { RoomEvent, type Room } from "livekit-client";
import { HAND_TOPIC, HANDS_TOPIC, parseHand, parseReaction, REACTION_TOPIC, REACTIONS, type Reaction } from "./messages";
import { Budgets } from "./budget";
import { isRecorder } from "./people";
import { Observable } from "./Observable";

export interface Shown {
  id: number;
  identity: string;
  name: string;
  reaction: Reaction;
}

/** How long a reaction is to be seen. */
const SHOWN_MS = 4000;
const MOST_SHOWN = 30;
const ASK_AGAIN_MS = 3000;
const NOTHING = new Uint8Array();
const GESTURES = new Set([HAND_TOPIC, HANDS_TOPIC, REACTION_TOPIC]);
/** Of one sender: each may be answered, or shown over the stage. */
const GESTURES_A_SECOND = 5;
const GESTURES_AT_ONCE = 50;

export class Gestures {
  readonly reactions = new Observable<Shown[]>([]);
  /** Since when (ms since 1970) whose hand is up, by identity. */
  readonly hands = new Observable<ReadonlyMap<string, number>>(new Map());
  private count = 0;
  private readonly budgets = new Budgets(GESTURES_A_SECOND, GESTURES_AT_ONCE);

  constructor(private readonly room: Room) {
    room.on(RoomEvent.DataReceived, (payload, sender, _kind, topic) => {
      if (!sender || isRecorder(sender) || !GESTURES.has(topic ?? "")) return;
      if (!this.budgets.spend(sender.identity, performance.now())) return;
      const text = new TextDecoder().decode(payload);
      if (topic === HAND_TOPIC) this.note(sender.identity, parseHand(text, Date.now()));
      else if (topic === HANDS_TOPIC) this.tell([sender.identity]);
      else if (topic === REACTION_TOPIC) {
        const reaction = parseReaction(text);
        if (reaction) this.show(reaction, sender.identity, sender.name ?? "");
      }
    });
    room.on(RoomEvent.ParticipantDisconnected, ({ identity }) => this.note(identity, null));
    room.on(RoomEvent.ParticipantConnected, ({ identity }) => this.tell([identity]));
    room.on(RoomEvent.Connected, () => {
      this.ask();
      // Others may hear of this person later than of the question, and cannot answer then.
      setTimeout(() => this.ask(), ASK_AGAIN_MS);
    });
  }

  react = async (reaction: Reaction): Promise<void> => {
    const me = this.room.localParticipant;
    this.show(reaction, me.identity, me.name ?? "");
    const payload = JSON.stringify({ emoji: REACTIONS[reaction], name: me.name ?? "", at: Date.now() });
    // One that gets lost is no harm.
    await me.publishData(new TextEncoder().encode(payload), { topic: REACTION_TOPIC }).catch(() => undefined);
  };

  toggleHand = (): void => {
    const me = this.room.localParticipant.identity;
    this.note(me, this.hands.get().has(me) ? null : Date.now());
    this.tell();
  };

  private ask(): void {
    // Who may only watch may not ask either.
    this.room.localParticipant.publishData(NOTHING, { reliable: true, topic: HANDS_TOPIC }).catch(() => undefined);
  }

  private note(identity: string, since: number | null): void {
    const hands = new Map(this.hands.get());
    if (since === null) hands.delete(identity);
    else hands.set(identity, since);
    this.hands.set(hands);
  }

  /** Says how one's own hand is: to everybody, or to those who asked, if it is up. */
  private tell(to?: string[]): void {
    const me = this.room.localParticipant;
    const since = this.hands.get().get(me.identity);
    if (to && since === undefined) return;
    const payload = new TextEncoder().encode(since === undefined ? "" : String(since));
    void me.publishData(payload, { reliable: true, topic: HAND_TOPIC, ...(to && { destinationIdentities: to }) }).catch(() => undefined);
  }

  private show(reaction: Reaction, identity: string, name: string): void {
    const shown = { id: ++this.count, identity, name, reaction };
    this.reactions.set([...this.reactions.get(), shown].slice(-MOST_SHOWN));
    setTimeout(() => this.reactions.set(this.reactions.get().filter(({ id }) => id !== shown.id)), SHOWN_MS);
  }
}
