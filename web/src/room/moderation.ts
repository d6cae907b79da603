// What only a moderator may do; the server checks the token of the session at each call.
import { admit, doorOf, moderate } from "../api/client";
import type { DoorNow, DoorWish, Session } from "../api/types";
import { Observable } from "./Observable";

/** Whoever waits is looked for so often, beside being told of them. */
const LOOK_MS = 5000;

/** The right to mute, remove and promote others in one room, and to its door. */
export class Moderator {
  /** Null until the server has told. */
  readonly door = new Observable<DoorNow | null>(null);
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly session: Session) {
    this.timer = setInterval(this.look, LOOK_MS);
    this.look();
  }

  /** Looks at the door anew; an answer that does not come leaves it as it was. */
  look = (): void => void doorOf(this.session).then(this.note, () => undefined);

  close(): void {
    clearInterval(this.timer);
  }

  async remove(identity: string): Promise<void> {
    await moderate("disconnect", this.session, { connectionId: identity });
  }

  async mute(identity: string, trackSid: string): Promise<void> {
    await moderate("mute", this.session, { connectionId: identity, track: trackSid });
  }

  async promote(identity: string): Promise<void> {
    await moderate("promote", this.session, { connectionId: identity });
  }

  /** Everybody leaves, and what is recorded ends. */
  async end(): Promise<void> {
    await moderate("end", this.session, {});
  }

  async setDoor(wish: DoorWish): Promise<void> {
    this.note(await doorOf(this.session, wish));
  }

  async admit(knock: string, admits: boolean): Promise<void> {
    this.note(await admit(this.session, knock, admits));
  }

  private note = (now: DoorNow): void => {
    if (JSON.stringify(now) !== JSON.stringify(this.door.get())) this.door.set(now);
  };
}
