// Who else is in a session, and what they publish: tells of each change once.
import type { RemoteParticipant, RemoteTrackPublication, Room } from "livekit-client";
import {
  captionedBy,
  connectionOf,
  lookOf,
  streamIdOf,
  streamIdsOf,
  tracksOf,
  update,
  type Change,
  type Connection,
  type Kind,
  type Stream,
  type Tracks,
} from "./streams";

/** Sound that comes alone waits so long for its picture: a stream is announced once. */
const PICTURE_MS = 500;

const USUAL_FPS = 30;

const KINDS: readonly Kind[] = ["camera", "screen"];

export interface Listener {
  connectionCreated(connection: Connection): void;
  connectionDestroyed(connection: Connection): void;
  streamCreated(stream: Stream): void;
  streamDestroyed(stream: Stream): void;
  streamChanged(stream: Stream, change: Change): void;
  tracksChanged(stream: Stream, tracks: Tracks<RemoteTrackPublication>): void;
}

interface Published {
  participant: RemoteParticipant;
  kind: Kind;
  stream: Stream;
}

export class Roster {
  private readonly connections = new Map<string, Connection>();
  private readonly published = new Map<string, Published>();
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly listener: Listener) {}

  /** Everybody who was there before. */
  enter(room: Room): void {
    for (const participant of room.remoteParticipants.values()) this.look(participant);
  }

  connection(id: string): Connection | undefined {
    return this.connections.get(id);
  }

  streams(): Stream[] {
    return [...this.published.values()].map(({ stream }) => stream);
  }

  tracks(stream: Stream): Tracks<RemoteTrackPublication> | undefined {
    const found = [...this.published.values()].find((each) => each.stream.streamId === stream.streamId);
    return found && tracksOf(found.participant.trackPublications.values(), found.kind);
  }

  look(participant: RemoteParticipant): void {
    if (!this.connections.has(participant.identity)) {
      const connection = connectionOf(participant);
      this.connections.set(participant.identity, connection);
      this.listener.connectionCreated(connection);
    }
    for (const kind of KINDS) this.lookAt(participant, kind);
  }

  leave(participant: RemoteParticipant): void {
    for (const kind of KINDS) this.end(keyOf(participant, kind));
    const connection = this.connections.get(participant.identity);
    this.connections.delete(participant.identity);
    if (connection) this.listener.connectionDestroyed(connection);
  }

  /** Forgets everybody without a word. */
  close(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
    this.published.clear();
    this.connections.clear();
  }

  private lookAt(participant: RemoteParticipant, kind: Kind, waited = false): void {
    const key = keyOf(participant, kind);
    const tracks = tracksOf(participant.trackPublications.values(), kind);
    const streamId = streamIdOf(tracks);
    let known = this.published.get(key);
    // A stream is over with the track that gave it its id, though another may have taken its place at once.
    if (known && !streamIdsOf(tracks).includes(known.stream.streamId)) {
      this.end(key);
      known = undefined;
    }
    if (streamId === undefined) return this.forgetTimer(key);
    if (known) {
      const changes = update(known.stream, lookOf(tracks, kind, participant.name ?? "", captionedBy(participant)));
      for (const change of changes) this.listener.streamChanged(known.stream, change);
      return this.listener.tracksChanged(known.stream, tracks);
    }
    if (!tracks.video && !waited) {
      if (this.waiting.has(key)) return;
      this.waiting.set(key, setTimeout(() => this.lookAt(participant, kind, true), PICTURE_MS));
      return;
    }
    this.forgetTimer(key);
    const stream = newStream(streamId, this.connections.get(participant.identity) ?? connectionOf(participant), tracks, kind, participant.name, captionedBy(participant));
    this.published.set(key, { participant, kind, stream });
    this.listener.streamCreated(stream);
  }

  private end(key: string): void {
    this.forgetTimer(key);
    const known = this.published.get(key);
    this.published.delete(key);
    if (known) this.listener.streamDestroyed(known.stream);
  }

  private forgetTimer(key: string): void {
    clearTimeout(this.waiting.get(key));
    this.waiting.delete(key);
  }
}

export function newStream(id: string, connection: Connection, tracks: Tracks, kind: Kind, name = "", captioned = false): Stream {
  const look = lookOf(tracks, kind, name, captioned);
  return { streamId: id, id, connection, creationTime: Date.now(), frameRate: USUAL_FPS, initials: "", ...look };
}

function keyOf({ identity }: RemoteParticipant, kind: Kind): string {
  return `${identity}|${kind}`;
}
