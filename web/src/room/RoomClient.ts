// One visit to a room: joins it, publishes, follows it and leaves it.
import {
  LocalVideoTrack,
  Room,
  RoomEvent,
  ScreenSharePresets,
  Track,
  type DisconnectReason,
  type Participant,
  type RemoteParticipant,
  type TrackPublication,
} from "livekit-client";
import { connectSession, messageOf, openSession, serverNow, startRender, stopArchive, stopRender } from "../api/client";
import type { Layout, Session } from "../api/types";
import { texts } from "../texts";
import { Chat } from "./Chat";
import { canBlur, capture, deviceProblem, devicesAllowed, openDevices, setBlur, stopTracks } from "./devices";
import { Gestures } from "./Gestures";
import { sessionOf } from "./jwt";
import { rememberChoices, rememberedChoices, rememberVisit } from "./memory";
import { Moderator } from "./moderation";
import { othersIn, personOf, type Person } from "./people";
import { endReason, type Phase } from "./phase";
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
  /** Whether this person may mute and remove others. */
  moderates: boolean;
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
  RoomEvent.ParticipantAttributesChanged,
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
    moderates: false,
    toasts: [],
    announcement: "",
  });
  readonly chat: Chat;
  readonly gestures: Gestures;
  private readonly room: Room;
  private moderator: Moderator | null = null;
  private readonly leaving = new AbortController();
  private known: RecordingKnowledge = nothingKnown;
  private toastCount = 0;
  private refreshing = false;
  /** True while the microphone goes off because of the person themselves. */
  private muting = false;
  private confirmation: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly roomName: string,
    private readonly name: string,
    private readonly role: "guest" | "viewer" = "guest",
    /** An OpenTok token from whoever sent this person here; else the room gives one. */
    private readonly givenToken: string | null = null,
  ) {
    const { speakerId } = rememberedChoices();
    this.room = new Room({
      ...(speakerId && { audioOutput: { deviceId: speakerId } }),
      // A viewer cuts from one person to another without waiting: it takes every picture, seen or not.
      adaptiveStream: role === "guest",
      dynacast: true,
      videoCaptureDefaults: capture,
      publishDefaults: { screenShareEncoding: ScreenSharePresets.h1080fps15.encoding },
    });
    this.chat = new Chat(this.room, name);
    this.gestures = new Gestures(this.room);
    this.gestures.hands.watch(this.refresh);
    for (const event of changes) this.room.on(event, this.refresh);
    this.room
      .on(RoomEvent.Reconnecting, () => this.patch({ phase: { at: "connected", reconnecting: true } }))
      .on(RoomEvent.Reconnected, () => {
        this.patch({ phase: { at: "connected", reconnecting: false } });
        this.onMetadata(this.room.metadata);
      })
      .on(RoomEvent.Disconnected, this.onDisconnected)
      .on(RoomEvent.TrackMuted, this.onMuted)
      .on(RoomEvent.RoomMetadataChanged, this.onMetadata)
      .on(RoomEvent.DataReceived, this.onData);
  }

  async join(): Promise<void> {
    const { signal } = this.leaving;
    const devices = this.role === "guest" ? openDevices(rememberedChoices()) : null;
    try {
      const session = await this.session(signal);
      this.patch({ sessionId: session.sessionId });
      const { url, accessToken } = await connectSession(session, this.name, signal);
      this.moderator = Moderator.of(url, accessToken);
      if (signal.aborted) return;
      await this.room.connect(url, accessToken).catch((error: unknown) => {
        console.warn("The media server refused or did not answer:", error);
        throw new Error(texts.errors.media);
      });
      // Leaving may have happened meanwhile; TypeScript believes it cannot.
      if (this.hasLeft()) return await this.room.disconnect();
      this.patch({ phase: { at: "connected", reconnecting: false }, moderates: this.moderator !== null });
      if (this.role === "guest") rememberVisit({ sessionId: session.sessionId, roomName: this.roomName, at: serverNow() });
      this.hear({ type: "metadata", text: this.room.metadata });
      this.refresh();
    } catch (error) {
      if (!this.hasLeft()) this.patch({ phase: { at: "failed", message: messageOf(error) } });
      void devices?.then(({ tracks }) => stopTracks(tracks));
      return;
    }
    if (devices) await this.publish(await devices);
  }

  private async session(signal: AbortSignal): Promise<Session> {
    const sessionId = this.givenToken === null ? null : sessionOf(this.givenToken);
    if (this.givenToken === null || sessionId === null) return openSession(this.roomName, signal);
    return { sessionId, token: this.givenToken, apiKey: "" };
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

  toggleMicrophone = (): Promise<void> => this.setMicrophone(!this.room.localParticipant.isMicrophoneEnabled);

  setMicrophone = async (on: boolean): Promise<void> => {
    const { microphoneId } = rememberedChoices();
    this.muting = !on;
    await this.device(() => this.room.localParticipant.setMicrophoneEnabled(on, microphoneId ? { deviceId: microphoneId } : {}));
    this.muting = false;
  };

  toggleCamera = async (): Promise<void> => {
    const me = this.room.localParticipant;
    const { cameraId } = rememberedChoices();
    await this.device(() => me.setCameraEnabled(!me.isCameraEnabled, cameraId ? { ...capture, deviceId: cameraId } : capture));
    const camera = me.getTrackPublication(Track.Source.Camera)?.track;
    // A camera that was off from the start is opened here.
    if (this.blurs() && canBlur() && camera instanceof LocalVideoTrack && !camera.getProcessor()) await this.setBlur(true);
  };

  toggleScreen = async (): Promise<void> => {
    const me = this.room.localParticipant;
    try {
      await me.setScreenShareEnabled(!me.isScreenShareEnabled, { audio: true, systemAudio: "include", contentHint: "detail" });
    } catch (error) {
      // The person closed the browser's own dialogue: that is no error.
      const cancelled = error instanceof DOMException && error.name === "NotAllowedError";
      if (!cancelled) this.toast("error", devicesAllowed() ? texts.call.shareFailed : texts.devices.insecure);
    }
    this.refresh();
  };

  /** Another camera, microphone or speaker from now on. */
  chooseDevice = async (kind: MediaDeviceKind, deviceId: string): Promise<void> => {
    const key = ({ videoinput: "cameraId", audioinput: "microphoneId", audiooutput: "speakerId" } as const)[kind];
    try {
      await this.room.switchActiveDevice(kind, deviceId);
      rememberChoices({ ...rememberedChoices(), [key]: deviceId });
    } catch (error) {
      console.warn("The device did not start:", error);
      this.toast("error", texts.devices.switchFailed);
    }
    this.refresh();
  };

  /** Whether the background of the camera is blurred. */
  blurs = (): boolean => rememberedChoices().blur;

  setBlur = async (on: boolean): Promise<void> => {
    rememberChoices({ ...rememberedChoices(), blur: on });
    const camera = this.room.localParticipant.getTrackPublication(Track.Source.Camera)?.track;
    if (camera instanceof LocalVideoTrack && !(await setBlur(camera, on))) this.toast("error", texts.devices.noBlur);
    this.refresh();
  };

  deviceInUse = (kind: MediaDeviceKind): string | null => this.room.getActiveDevice(kind) ?? null;

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

  remove = (person: Person): Promise<void> => this.moderate((moderator) => moderator.remove(person.identity));

  mute = (people: Person[]): Promise<void> =>
    this.moderate(async (moderator) => {
      const loud = people.filter(({ muted }) => !muted);
      const mute = ({ identity, microphoneSid }: Person) => (microphoneSid ? [moderator.mute(identity, microphoneSid)] : []);
      await Promise.all(loud.flatMap(mute));
    });

  private async moderate(act: (moderator: Moderator) => Promise<void>): Promise<void> {
    if (!this.moderator) return;
    await act(this.moderator).catch((error: unknown) => {
      console.warn("The media server refused:", error);
      this.toast("error", texts.people.refused);
    });
  }

  startRecording = async (layout?: Layout): Promise<void> => {
    if (this.view.get().recording.state !== "idle") return;
    this.ask("starting");
    try {
      const { sessionId } = await startRender(this.roomName, layout);
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

  private onMuted = (publication: TrackPublication, participant: Participant): void => {
    if (!participant.isLocal || publication.source !== Track.Source.Microphone || this.muting) return;
    this.toast("info", texts.call.mutedByOther);
  };

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
    const { started, stopped, starting, stopping } = texts.recording;
    const waiting = recording.state === "starting" ? starting : recording.state === "stopping" ? stopping : announcement;
    this.patch({
      recording,
      lastRenderedSessionId: recording.renderedSessionId ?? lastRenderedSessionId,
      announcement: recording.state === before.state ? announcement : was === is ? waiting : is ? started : stopped,
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
      const hands = this.gestures.hands.get();
      this.patch({
        me: personOf(this.room.localParticipant, hands),
        others: othersIn(this.room, hands),
        speakers: this.room.activeSpeakers.map(({ identity }) => identity),
        canHear: this.room.canPlaybackAudio,
      });
    });
  };

  private patch(change: Partial<RoomView>): void {
    this.view.set({ ...this.view.get(), ...change });
  }
}
