// One visit to a room: joins it, publishes, follows it and leaves it.
import { DisconnectReason, Room, RoomEvent, ScreenSharePresets, type RemoteParticipant } from "livekit-client";
import { connectSession, messageOf, openSession, serverNow, startRender, stopArchive, stopRender } from "../api/client";
import { texts } from "../texts";
import { capture, deviceProblem, devicesAllowed, openDevices, stopTracks } from "./devices";
import { rememberedChoices } from "./memory";
import { othersIn, personOf, type Person } from "./people";
import {
  learn,
  nothingKnown,
  parseAnnouncement,
  viewRecording,
  type RecordingEvent,
  type RecordingKnowledge,
  type RecordingView,
} from "./recording";
import { Signal } from "./Signal";

export type EndReason = "removed" | "duplicate" | "closed" | "lost";

export type Phase =
  | { at: "joining" }
  | { at: "connected"; reconnecting: boolean }
  | { at: "failed"; message: string }
  | { at: "ended"; reason: EndReason };

export interface Toast {
  id: number;
  tone: "error" | "info";
  text: string;
}

export interface RoomView {
  phase: Phase;
  sessionId: string | null;
  me: Person | null;
  others: Person[];
  /** Identities of those who speak, the loudest first. */
  speakers: string[];
  recording: RecordingView;
  /** The last rendered session there was during this visit. */
  lastRenderedSessionId: string | null;
  canHear: boolean;
  toasts: Toast[];
  /** What happened last to the recording, for those who listen to the page. */
  announcement: string;
}

/** After asking for a recording, how long to wait for the room to hear of it. */
const CONFIRM_MS = 30_000;

const changes = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantPermissionsChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.AudioPlaybackStatusChanged,
] as const;

export class RoomClient {
  readonly view = new Signal<RoomView>({
    phase: { at: "joining" },
    sessionId: null,
    me: null,
    others: [],
    speakers: [],
    recording: viewRecording(nothingKnown),
    lastRenderedSessionId: null,
    canHear: true,
    toasts: [],
    announcement: "",
  });
  private readonly room: Room;
  private readonly leaving = new AbortController();
  private known: RecordingKnowledge = nothingKnown;
  private toastCount = 0;
  private refreshing = false;
  private confirmation: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly roomName: string,
    private readonly name: string,
    private readonly role: "guest" | "viewer" = "guest",
  ) {
    this.room = new Room({
      // A viewer cuts from one person to another without waiting: it takes every picture, seen or not.
      adaptiveStream: role === "guest",
      dynacast: true,
      videoCaptureDefaults: capture,
      publishDefaults: { screenShareEncoding: ScreenSharePresets.h1080fps15.encoding },
    });
    for (const event of changes) this.room.on(event, this.refresh);
    this.room
      .on(RoomEvent.Reconnecting, () => this.patch({ phase: { at: "connected", reconnecting: true } }))
      .on(RoomEvent.Reconnected, () => {
        this.patch({ phase: { at: "connected", reconnecting: false } });
        this.onMetadata(this.room.metadata);
      })
      .on(RoomEvent.Disconnected, this.onDisconnected)
      .on(RoomEvent.RoomMetadataChanged, this.onMetadata)
      .on(RoomEvent.DataReceived, this.onData);
  }

  async join(): Promise<void> {
    const { signal } = this.leaving;
    const devices = this.role === "guest" ? openDevices(rememberedChoices()) : null;
    try {
      const session = await openSession(this.roomName, signal);
      this.patch({ sessionId: session.sessionId });
      const { url, accessToken } = await connectSession(session, this.name, signal);
      if (signal.aborted) return;
      await this.room.connect(url, accessToken).catch((error: unknown) => {
        console.warn("The media server refused or did not answer:", error);
        throw new Error(texts.errors.media);
      });
      // Leaving may have happened meanwhile; TypeScript believes it cannot.
      if (this.hasLeft()) return await this.room.disconnect();
      this.patch({ phase: { at: "connected", reconnecting: false } });
      this.hear({ type: "metadata", text: this.room.metadata });
      this.refresh();
    } catch (error) {
      if (!this.hasLeft()) this.patch({ phase: { at: "failed", message: messageOf(error) } });
      void devices?.then(({ tracks }) => stopTracks(tracks));
      return;
    }
    if (devices) await this.publish(await devices);
  }

  async leave(): Promise<void> {
    this.leaving.abort();
    clearTimeout(this.confirmation);
    await this.room.disconnect();
  }

  hasLeft(): boolean {
    return this.leaving.signal.aborted;
  }

  private async publish({ tracks, problem }: Awaited<ReturnType<typeof openDevices>>): Promise<void> {
    if (problem) this.toast("error", problem);
    if (this.hasLeft()) return stopTracks(tracks);
    const results = await Promise.allSettled(tracks.map((track) => this.room.localParticipant.publishTrack(track)));
    results.forEach((result, n) => {
      if (result.status === "fulfilled") return;
      tracks[n]?.stop();
      if (!this.hasLeft()) this.toast("error", messageOf(result.reason));
    });
  }

  // --- what the person does ---

  toggleMicrophone = async (): Promise<void> => {
    const me = this.room.localParticipant;
    const { microphoneId } = rememberedChoices();
    await this.device(() => me.setMicrophoneEnabled(!me.isMicrophoneEnabled, microphoneId ? { deviceId: microphoneId } : {}));
  };

  toggleCamera = async (): Promise<void> => {
    const me = this.room.localParticipant;
    const { cameraId } = rememberedChoices();
    await this.device(() => me.setCameraEnabled(!me.isCameraEnabled, cameraId ? { ...capture, deviceId: cameraId } : capture));
  };

  toggleScreen = async (): Promise<void> => {
    const me = this.room.localParticipant;
    try {
      await me.setScreenShareEnabled(!me.isScreenShareEnabled, { audio: true, contentHint: "detail" });
    } catch (error) {
      // The person closed the browser's own dialogue: that is no error.
      const cancelled = error instanceof DOMException && error.name === "NotAllowedError";
      if (!cancelled) this.toast("error", devicesAllowed() ? texts.call.shareFailed : texts.devices.insecure);
    }
    this.refresh();
  };

  private async device(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.toast("error", texts.devices[deviceProblem(error)]);
    }
    this.refresh();
  }

  startAudio = async (): Promise<void> => {
    await this.room.startAudio().catch(() => undefined);
    this.refresh();
  };

  startRecording = async (): Promise<void> => {
    if (this.view.get().recording.state !== "idle") return;
    this.ask("starting");
    try {
      const { sessionId } = await startRender(this.roomName);
      this.patch({ lastRenderedSessionId: sessionId });
    } catch (error) {
      this.refuse(messageOf(error));
    }
  };

  stopRecording = async (): Promise<void> => {
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

  private ask(what: "starting" | "stopping"): void {
    this.hear({ type: "asked", what });
    clearTimeout(this.confirmation);
    this.confirmation = setTimeout(() => {
      if (this.known.asked === what) this.refuse(texts.recording.unconfirmed);
    }, CONFIRM_MS);
  }

  private refuse(message: string): void {
    this.hear({ type: "refused" });
    this.toast("error", message);
  }

  dismiss = (id: number): void => {
    this.patch({ toasts: this.view.get().toasts.filter((toast) => toast.id !== id) });
  };

  toast(tone: Toast["tone"], text: string): void {
    const others = this.view.get().toasts.filter((toast) => toast.text !== text);
    this.patch({ toasts: [...others.slice(-2), { id: ++this.toastCount, tone, text }] });
  }

  // --- what the room tells ---

  private onMetadata = (text: string | undefined): void => {
    const before = this.known.facts.notice;
    this.hear({ type: "metadata", text });
    const { notice } = this.known.facts;
    if (notice && notice !== before) this.toast("error", texts.recording.failed(notice));
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
      this.toast("error", rest ? texts.recording.failed(rest) : texts.recording.failedNoReason);
    }
  };

  private hear(event: RecordingEvent): void {
    const before = this.view.get().recording;
    this.known = learn(this.known, event);
    const recording = viewRecording(this.known);
    const was = before.state === "recording" || before.state === "stopping";
    const is = recording.state === "recording" || recording.state === "stopping";
    const { announcement, lastRenderedSessionId } = this.view.get();
    this.patch({
      recording,
      lastRenderedSessionId: recording.renderedSessionId ?? lastRenderedSessionId,
      announcement: was === is ? announcement : is ? texts.recording.started : texts.recording.stopped,
    });
  }

  private onDisconnected = (reason?: DisconnectReason): void => {
    if (this.hasLeft() || this.view.get().phase.at !== "connected") return;
    clearTimeout(this.confirmation);
    this.patch({ phase: { at: "ended", reason: endReason(reason) }, me: null, others: [] });
  };

  /** Many events come at once: the view is made anew once for all of them. */
  private refresh = (): void => {
    if (this.refreshing) return;
    this.refreshing = true;
    queueMicrotask(() => {
      this.refreshing = false;
      if (this.view.get().phase.at !== "connected") return;
      this.patch({
        me: personOf(this.room.localParticipant),
        others: othersIn(this.room),
        speakers: this.room.activeSpeakers.map(({ identity }) => identity),
        canHear: this.room.canPlaybackAudio,
      });
    });
  };

  private patch(change: Partial<RoomView>): void {
    this.view.set({ ...this.view.get(), ...change });
  }
}

function endReason(reason: DisconnectReason | undefined): EndReason {
  switch (reason) {
    case DisconnectReason.PARTICIPANT_REMOVED:
      return "removed";
    case DisconnectReason.DUPLICATE_IDENTITY:
      return "duplicate";
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return "closed";
    default:
      return "lost";
  }
}
