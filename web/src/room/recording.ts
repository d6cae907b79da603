// What the page knows about the recording of its room: pure, from metadata texts and messages to one view.

export type RecordingState = "idle" | "starting" | "recording" | "stopping";

/** One recording as the room's metadata tells it. */
export interface RecordingFact {
  state: Exclude<RecordingState, "idle">;
  renderId: string | null;
  archiveId: string | null;
  renderedSessionId: string | null;
  /** Milliseconds since 1970 on the server's clock. */
  startedAt: number | null;
}

export interface RoomFacts {
  recording: RecordingFact | null;
  /** Why the last recording failed. */
  notice: string | null;
  /** Whether something on the server receives what is sent here, whoever asked for it: a recording, a broadcast. */
  tapped: boolean;
}

/** What a message announced before the metadata said so. */
interface Announcement {
  archiveId: string;
  renderedSessionId: string;
  at: number;
}

export interface RecordingKnowledge {
  facts: RoomFacts;
  announced: Announcement | null;
  /** What this page asked for and the metadata has not confirmed yet. */
  asked: "starting" | "stopping" | null;
}

export type RecordingEvent =
  | { type: "metadata"; text: string | undefined }
  | { type: "archiveStarted"; archiveId: string; renderedSessionId: string; at: number }
  | { type: "archiveStopped"; archiveId: string }
  | { type: "archiveFailed"; archiveId: string }
  | { type: "asked"; what: "starting" | "stopping" }
  | { type: "refused" };

export interface RecordingView {
  state: RecordingState;
  /** Whether what is sent here is kept or shown elsewhere: people are told so. */
  live: boolean;
  renderId: string | null;
  archiveId: string | null;
  renderedSessionId: string | null;
  startedAt: number | null;
}

export const nothingKnown: RecordingKnowledge = {
  facts: { recording: null, notice: null, tapped: false },
  announced: null,
  asked: null,
};

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Reads a room's metadata; whatever is not understood counts as "no recording". */
export function parseRoomFacts(metadata: string | undefined): RoomFacts {
  let root: unknown;
  try {
    root = JSON.parse(metadata ?? "");
  } catch {
    return nothingKnown.facts;
  }
  if (typeof root !== "object" || root === null) return nothingKnown.facts;
  const { recording, notice, tapped } = root as { recording?: unknown; notice?: unknown; tapped?: unknown };
  return { recording: parseRecording(recording), notice: text(notice), tapped: tapped === true };
}

function parseRecording(value: unknown): RecordingFact | null {
  if (typeof value !== "object" || value === null) return null;
  const found = value as Record<string, unknown>;
  const state = found["state"];
  if (state !== "starting" && state !== "recording" && state !== "stopping") return null;
  const startedAt = found["startedAt"];
  return {
    state,
    renderId: text(found["renderId"]),
    archiveId: text(found["archiveId"]),
    renderedSessionId: text(found["renderedSessionId"]),
    startedAt: typeof startedAt === "number" && Number.isFinite(startedAt) ? startedAt : null,
  };
}

/** Splits `archiveId:rest` at the first colon; null if there is no archive id. */
export function parseAnnouncement(payload: string): { archiveId: string; rest: string } | null {
  const colon = payload.indexOf(":");
  const archiveId = colon < 0 ? payload : payload.slice(0, colon);
  return archiveId ? { archiveId, rest: colon < 0 ? "" : payload.slice(colon + 1) } : null;
}

/** The metadata is the truth: it settles what was announced or asked before. */
export function learn(known: RecordingKnowledge, event: RecordingEvent): RecordingKnowledge {
  switch (event.type) {
    case "metadata": {
      const facts = parseRoomFacts(event.text);
      const { recording } = facts;
      const sameRecording = known.announced?.renderedSessionId === recording?.renderedSessionId;
      const stillStopping = known.asked === "stopping" && recording !== null && recording.state !== "stopping";
      return {
        facts,
        announced: recording && sameRecording ? known.announced : null,
        asked: stillStopping ? "stopping" : null,
      };
    }
    case "archiveStarted": {
      const { archiveId, renderedSessionId, at } = event;
      return { ...known, announced: { archiveId, renderedSessionId, at }, asked: null };
    }
    case "archiveStopped":
    case "archiveFailed":
      return known.announced?.archiveId === event.archiveId ? { ...known, announced: null, asked: null } : known;
    case "asked":
      return { ...known, asked: event.what };
    case "refused":
      return { ...known, asked: null };
  }
}

export function viewRecording({ facts, announced, asked }: RecordingKnowledge): RecordingView {
  const fact = facts.recording;
  const view: RecordingView = {
    state: fact?.state ?? "idle",
    live: false,
    renderId: fact?.renderId ?? null,
    archiveId: fact?.archiveId ?? announced?.archiveId ?? null,
    renderedSessionId: fact?.renderedSessionId ?? announced?.renderedSessionId ?? null,
    startedAt: fact?.startedAt ?? announced?.at ?? null,
  };
  if (announced && (view.state === "idle" || view.state === "starting")) {
    view.state = "recording";
    view.startedAt = announced.at;
  }
  if (asked === "starting" && view.state === "idle") view.state = "starting";
  if (asked === "stopping" && view.state !== "idle") view.state = "stopping";
  view.live = facts.tapped || view.state === "recording" || view.state === "stopping";
  return view;
}

/** `0:12`, `12:03`, `1:02:03`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
