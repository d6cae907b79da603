// Raised hands and reactions of a visit.
import { RoomEvent, type Room } from "livekit-client";
import { HAND_ATTRIBUTE, parseHand, parseReaction, REACTION_TOPIC, REACTIONS, type Reaction } from "./messages";
import { isVisible } from "./people";
import { Signal } from "./Signal";

export interface Shown {
  id: number;
  identity: string;
  name: string;
  reaction: Reaction;
}

/** How long a reaction is to be seen. */
const SHOWN_MS = 4000;
const MOST_SHOWN = 30;

export class Gestures {
  readonly reactions = new Signal<Shown[]>([]);
  private count = 0;

  constructor(private readonly room: Room) {
    room.on(RoomEvent.DataReceived, (payload, sender, _kind, topic) => {
      if (topic !== REACTION_TOPIC || !sender || !isVisible(sender)) return;
      const reaction = parseReaction(new TextDecoder().decode(payload));
      if (reaction) this.show(reaction, sender.identity, sender.name ?? "");
    });
  }

  react = async (reaction: Reaction): Promise<void> => {
    const me = this.room.localParticipant;
    this.show(reaction, me.identity, me.name ?? "");
    const payload = JSON.stringify({ emoji: REACTIONS[reaction], name: me.name ?? "", at: Date.now() });
    // One that gets lost is no harm.
    await me.publishData(new TextEncoder().encode(payload), { topic: REACTION_TOPIC }).catch(() => undefined);
  };

  /** An attribute, so that whoever comes later sees it too. */
  toggleHand = async (): Promise<void> => {
    const me = this.room.localParticipant;
    const up = parseHand(me.attributes[HAND_ATTRIBUTE]) !== null;
    await me.setAttributes({ [HAND_ATTRIBUTE]: up ? "" : String(Date.now()) });
  };

  private show(reaction: Reaction, identity: string, name: string): void {
    const shown = { id: ++this.count, identity, name, reaction };
    this.reactions.set([...this.reactions.get(), shown].slice(-MOST_SHOWN));
    setTimeout(() => this.reactions.set(this.reactions.get().filter(({ id }) => id !== shown.id)), SHOWN_MS);
  }
}
