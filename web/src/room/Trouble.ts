// Whose connection carries nothing at the moment: one's own, or somebody else's; said before the engine is sure of it.
import { ConnectionState, RemoteTrack, Track, type RemoteParticipant, type Room } from "livekit-client";
import { Flow } from "./flow";
import { isRecorder } from "./people";

const LOOK_MS = 300;

export interface Troubled {
  own: boolean;
  /** Identities of others. */
  others: ReadonlySet<string>;
}

interface Watched {
  flow: Flow;
  /** How the last thing that arrived is told from the next. */
  mark: string;
}

export class Trouble {
  now: Troubled = { own: false, others: new Set() };
  private readonly flows = new Map<string, Watched>();
  private readonly timer: ReturnType<typeof setInterval>;
  private looking = false;

  constructor(
    private readonly room: Room,
    private readonly onChange: () => void,
    leaving: AbortSignal,
  ) {
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    for (const event of ["online", "offline"]) addEventListener(event, () => void this.look(), { signal: leaving });
    leaving.addEventListener("abort", () => clearInterval(this.timer));
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const received = await bytesReceived(this.room).catch(() => null);
    this.looking = false;
    if (this.room.state !== ConnectionState.Connected) {
      this.flows.clear(); // the client says by itself that it connects again
      this.tell({ own: false, others: new Set() });
      return;
    }
    const seen = new Set<string>();
    const stopped = (key: string, mark: string): boolean => {
      seen.add(key);
      const watched = this.flows.get(key) ?? { flow: new Flow(), mark: "" };
      watched.flow.look(mark !== watched.mark, performance.now());
      this.flows.set(key, { flow: watched.flow, mark });
      return watched.flow.stopped;
    };
    const own = !navigator.onLine || (received !== null && stopped("", String(received)));
    const others = new Set<string>();
    for (const person of this.room.remoteParticipants.values()) {
      const told = isRecorder(person) ? [] : arrivingFrom(person).map(([sid, mark]) => stopped(sid, mark));
      if (told.length > 0 && told.every(Boolean)) others.add(person.identity);
    }
    for (const key of this.flows.keys()) if (!seen.has(key)) this.flows.delete(key);
    // Where nothing comes from anybody, it is not the others.
    this.tell({ own, others: own ? new Set() : others });
  }

  private tell(next: Troubled): void {
    const { own, others } = this.now;
    if (own === next.own && others.size === next.others.size && [...others].every((identity) => next.others.has(identity))) return;
    this.now = next;
    this.onChange();
  }
}

/** What has come over the connection that sends, where the engine's reports of it arrive all the time. */
async function bytesReceived(room: Room): Promise<number | null> {
  const report = await room.engine.pcManager?.publisher.getStats();
  let sum: number | null = null;
  report?.forEach((stats: { type: string; bytesReceived?: number }) => {
    if (stats.type === "candidate-pair" && typeof stats.bytesReceived === "number") sum = (sum ?? 0) + stats.bytesReceived;
  });
  return sum;
}

/** Their tracks that are to arrive now, each with what tells its last packet from the next. */
function arrivingFrom(person: RemoteParticipant): [sid: string, mark: string][] {
  const sources = [Track.Source.Microphone, Track.Source.Camera];
  return sources.flatMap((source) => {
    const publication = person.getTrackPublication(source);
    const track = publication?.track;
    const paused = !publication || publication.isMuted || !publication.isEnabled || !(track instanceof RemoteTrack) || track.streamState === Track.StreamState.Paused;
    if (paused) return [];
    const last = track.receiver?.getSynchronizationSources()[0];
    return last ? [[publication.trackSid, `${String(last.timestamp)} ${String(last.rtpTimestamp)}`]] : [];
  });
}
