// The recording of a room during one visit: starts it, stops it, follows it, and says when its film is there.
import { RoomEvent, type RemoteParticipant, type Room } from "livekit-client";
import { listArchives, messageOf, serverNow, startRender, stopArchive, stopRender } from "../api/client";
import type { Layout } from "../api/types";
import { inOwnWords } from "../refusals";
import { texts } from "../texts";
import { isFinal } from "./archives";
import {
  learn,
  nothingKnown,
  parseAnnouncement,
  viewRecording,
  type RecordingEvent,
  type RecordingKnowledge,
  type RecordingView,
} from "./recording";
import { Observable } from "./Observable";
import type { Toaster } from "./Toaster";

export interface RecorderView {
  recording: RecordingView;
  /** The last rendered session there was during this visit. */
  lastRenderedSessionId: string | null;
  /** What happened last to the recording, for those who listen to the page. */
  announcement: string;
}

/** After asking for a recording, how long to wait for the room to hear of it. */
const CONFIRM_MS = 30_000;
/** How often to look whether a film is ready. */
const LOOK_MS = 2000;

export class Recorder {
  readonly view = new Observable<RecorderView>({ recording: viewRecording(nothingKnown), lastRenderedSessionId: null, announcement: "" });
  private known: RecordingKnowledge = nothingKnown;
  private confirmation: ReturnType<typeof setTimeout> | undefined;
  private look: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly room: Room,
    private readonly roomName: string,
    private readonly toaster: Toaster,
    private readonly leaving: AbortSignal,
  ) {
    room.on(RoomEvent.RoomMetadataChanged, this.onMetadata).on(RoomEvent.DataReceived, this.onData).on(RoomEvent.Reconnected, this.refresh);
    leaving.addEventListener("abort", () => {
      clearTimeout(this.confirmation);
      clearTimeout(this.look);
    });
  }

  start = async (layout?: Layout): Promise<void> => {
    if (this.view.get().recording.state !== "idle") return;
    this.ask("starting");
    try {
      const { sessionId } = await startRender(this.roomName, layout);
      this.view.set({ ...this.view.get(), lastRenderedSessionId: sessionId });
    } catch (error) {
      this.refuse(messageOf(error));
    }
  };

  stop = async (): Promise<void> => {
    const { state, archiveId, renderId } = this.view.get().recording;
    if (state !== "recording") return;
    this.ask("stopping");
    try {
      if (archiveId) await stopArchive(archiveId);
      else if (renderId) await stopRender(renderId);
    } catch (error) {
      this.refuse(messageOf(error));
    }
  };

  /** What the room's metadata says now: on joining, and after a time without connection. */
  refresh = (): void => this.onMetadata(this.room.metadata);

  /** On joining, what went wrong before is no news. */
  meet(): void {
    this.hear({ type: "metadata", text: this.room.metadata });
  }

  private ask(what: "starting" | "stopping"): void {
    this.hear({ type: "asked", what });
    clearTimeout(this.confirmation);
    this.confirmation = setTimeout(() => {
      if (this.known.asked === what) this.refuse(texts.recording.unconfirmed);
    }, CONFIRM_MS);
  }

  private refuse(message: string): void {
    this.hear({ type: "refused" });
    this.toaster.show("error", message);
  }

  private tellFailed(why: string): void {
    void inOwnWords(why).then((words) => this.toaster.show("error", texts.recording.failed(words)));
  }

  private onMetadata = (text: string | undefined): void => {
    const before = this.known.facts.notice;
    this.hear({ type: "metadata", text });
    const { notice } = this.known.facts;
    if (notice && notice !== before) this.tellFailed(notice);
  };

  private onData = (payload: Uint8Array, sender?: RemoteParticipant, _kind?: unknown, topic?: string): void => {
    // The server speaks without being a participant; nobody else may announce recordings.
    if (sender) return;
    const said = parseAnnouncement(new TextDecoder().decode(payload));
    if (!said) return;
    const { archiveId, rest } = said;
    if (topic === "archiveStarted") {
      this.hear({ type: "archiveStarted", archiveId, renderedSessionId: rest, at: serverNow() });
    } else if (topic === "archiveStopped") {
      this.hear({ type: "archiveStopped", archiveId });
    } else if (topic === "archiveFailed") {
      this.hear({ type: "archiveFailed", archiveId });
      if (rest) this.tellFailed(rest);
      else this.toaster.show("error", texts.recording.failedNoReason);
    }
  };

  private hear(event: RecordingEvent): void {
    const { recording: before, announcement, lastRenderedSessionId } = this.view.get();
    this.known = learn(this.known, event);
    const recording = viewRecording(this.known);
    const was = before.state === "recording" || before.state === "stopping";
    const is = recording.state === "recording" || recording.state === "stopping";
    const { started, stopped, starting, stopping } = texts.recording;
    // One that was refused says so itself.
    const words = { starting, stopping, recording: started, idle: was ? stopped : "" };
    this.view.set({
      recording,
      lastRenderedSessionId: recording.renderedSessionId ?? lastRenderedSessionId,
      announcement: recording.state === before.state ? announcement : words[recording.state],
    });
    if (is) clearTimeout(this.look);
    else if (was && before.renderedSessionId && !this.known.facts.notice) void this.lookForFilm(before.renderedSessionId);
  }

  /** Says so once the film of a recording that has ended is ready. */
  private async lookForFilm(sessionId: string): Promise<void> {
    clearTimeout(this.look);
    const [archive] = await listArchives(sessionId, this.leaving).catch(() => []);
    if (this.leaving.aborted || this.view.get().recording.state !== "idle") return;
    if (!archive || !isFinal(archive)) {
      this.look = setTimeout(() => void this.lookForFilm(sessionId), LOOK_MS);
    } else if (archive.status !== "failed") {
      const { ready, watch } = texts.recording;
      this.toaster.show("info", ready, { link: { text: watch, href: `/film/${archive.id}` } });
    }
  }
}
