// What this client publishes in one session: one camera (or a track of the application's own) and one screen at once.
import type { LocalTrackPublication, Room } from "livekit-client";
import type { Session } from "./contract/objects";
import { OTError } from "./errors";
import type { Publisher } from "./Publisher";
import { newStream } from "./Roster";
import { captionedBy, lookOf, streamIdOf, update, type Change, type Connection, type Stream } from "./streams";

export class Publishers {
  private readonly all = new Set<Publisher>();
  private withdrawn = Promise.resolve();

  each(tell: (publisher: Publisher) => void): void {
    for (const publisher of [...this.all]) tell(publisher);
  }

  /** Whether captions may be made of what this client says. */
  get captioned(): boolean {
    return [...this.all].some((each) => each.kind === "camera" && each.captioned);
  }

  of(streamId: string): Publisher | undefined {
    return [...this.all].find((each) => each.stream?.streamId === streamId);
  }

  /** Raises OTError, and leaves nothing published. */
  async send(publisher: Publisher, session: Session, room: Room, connection: Connection): Promise<void> {
    if ([...this.all].some((each) => each.kind === publisher.kind)) {
      throw new OTError("OT_UNABLE_TO_PUBLISH", `This client publishes a ${publisher.kind} already; it may publish one and a screen`);
    }
    this.all.add(publisher);
    publisher.session = session;
    try {
      await this.withdrawn; // what was published before this
      const tracks = await publisher.sendTo(room);
      const id = streamIdOf(tracks);
      if (!this.all.has(publisher)) throw new OTError("OT_UNABLE_TO_PUBLISH", "It was unpublished before it was published");
      if (id === undefined) throw new OTError("OT_UNABLE_TO_PUBLISH", "There is nothing to publish");
      publisher.stream = newStream(id, connection, tracks, publisher.kind, room.localParticipant.name, captionedBy(room.localParticipant));
    } catch (error) {
      this.all.delete(publisher);
      publisher.session = undefined;
      await publisher.withdrawFrom(room).catch(() => undefined);
      throw error;
    }
  }

  withdraw(publisher: Publisher, room: Room | null): void {
    if (!this.all.has(publisher)) return;
    if (room) this.withdrawn = publisher.withdrawFrom(room).catch(() => undefined);
    this.end(publisher, "clientDisconnected");
  }

  end(publisher: Publisher, reason: string): void {
    this.all.delete(publisher);
    const stream = publisher.stream;
    publisher.stream = undefined;
    publisher.session = undefined;
    if (stream) publisher.dispatch("streamDestroyed", { stream, reason }, () => publisher.destroy());
  }

  /** The engine has ended a track of ours, on a moderator's behalf; what else the stream had goes, too. */
  lost(publication: LocalTrackPublication, room: Room): void {
    for (const publisher of [...this.all]) {
      if (!publisher.stream || !publisher.has(publication)) continue;
      this.withdrawn = publisher.withdrawFrom(room).catch(() => undefined);
      this.end(publisher, "forceUnpublished");
    }
  }

  /** Brings the streams up to date with what is published; tells what has changed, and when somebody else has muted one. */
  look(room: Room, changed: (stream: Stream, change: Change) => void, muteForced: () => void): void {
    for (const publisher of this.all) {
      const { stream, kind } = publisher;
      if (!stream) continue;
      if (publisher.muteForced()) muteForced();
      const look = lookOf(publisher.publications(room), kind, room.localParticipant.name ?? "", captionedBy(room.localParticipant));
      for (const change of update(stream, look)) changed(stream, change);
    }
  }
}
