// One visit to a room: joins it, publishes, follows it and leaves it.
import {
  Room,
  RoomEvent,
  ScreenSharePresets,
  type DisconnectReason,
} from "livekit-client";
import { answerConsent, ApiError, chatHistory, claimPromotion, connectSession, keepLine, LOCKED, messageOf, openSession, serverNow } from "../api/client";
import type { Connection, DoorNow, DoorWish, Session } from "../api/types";
import { texts } from "../texts";
import { Captions } from "./Captions";
import { Chat } from "./Chat";
import { capture, deviceProblem, devicesAllowed, openDevices, stopTracks } from "./devices";
import { Gestures } from "./Gestures";
import { sessionOf } from "./jwt";
import { keepToken, tokenOfBefore, waitAtDoor } from "./knocking";
import { rememberChoices, rememberedChoices, rememberVisit } from "./memory";
import { Moderator } from "./moderation";
import { Notices } from "./Notices";
import { OwnDevices } from "./OwnDevices";
import { OwnFilters } from "./OwnFilters";
import { othersIn, personOf, recordersIn, type Person } from "./people";
import { endReason, type Phase } from "./phase";
import { Recorder, type RecorderView } from "./Recorder";
import { Observable } from "./Observable";
import { Toaster } from "./Toaster";
import { Trouble } from "./Trouble";
import { watchOtherWindows } from "./twice";

export interface RoomView extends RecorderView {
  phase: Phase;
  sessionId: string | null;
  me: Person | null;
  others: Person[];
  /** The names of recorders that receive what is sent, without being people. */
  recorders: string[];
  /** Identities of those who speak, the loudest first. */
  speakers: string[];
  canHear: boolean;
  /** Whether this person may mute and remove others. */
  moderates: boolean;
  /** Whether this person may start and stop recordings. */
  mayRecord: boolean;
  /** Whether the room's plain address lets others in. */
  linkOpens: boolean;
  /** Whether nothing comes over this person's connection at the moment. */
  interrupted: boolean;
  /** The room's name as it was written first. */
  roomName: string;
  /** How the room's door stands, and who waits before it; null for who does not moderate. */
  door: DoorNow | null;
}

/** By which the server tells that somebody waits before the door, and that the meeting was ended. */
const DOOR_TOPIC = "door";
const ENDED_TOPIC = "ended";

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
  readonly view: Observable<RoomView>;
  readonly toaster = new Toaster();
  readonly recorder: Recorder;
  readonly chat: Chat;
  readonly gestures: Gestures;
  readonly captions: Captions;
  readonly filters: OwnFilters;
  /** For what draws and sounds by itself; everything else goes through the client. */
  readonly room: Room;
  private moderator: Moderator | null = null;
  private accessToken = "";
  private readonly leaving = new AbortController();
  private refreshing = false;
  /** Whether the meeting was ended for everybody: why this person is made to leave. */
  private ended = false;
  private readonly own: OwnDevices;
  private readonly trouble: Trouble | null;
  private publishing: Promise<void> | undefined;
  private claiming = false;

  constructor(
    readonly roomName: string,
    private readonly name: string,
    private readonly role: "guest" | "viewer" = "guest",
    /** An OpenTok token from whoever sent this person here; else the room gives one. */
    private readonly givenToken: string | null = null,
    /** The server's word that this is a recorder. */
    private readonly grant: string | null = null,
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
    this.captions = new Captions(this.room, this.toaster, this.leaving.signal);
    this.filters = new OwnFilters(this.room, this.toaster);
    this.own = new OwnDevices(this.room, this.toaster, this.leaving.signal);
    this.trouble = role === "guest" ? new Trouble(this.room, this.refresh, this.leaving.signal) : null;
    if (role === "guest") new Notices(this.room, this.chat, this.toaster, this.leaving.signal);
    this.gestures.hands.watch(this.refresh);
    this.recorder = new Recorder(this.room, roomName, this.toaster, this.leaving.signal);
    this.view = new Observable<RoomView>({
      phase: { at: "joining" },
      sessionId: null,
      me: null,
      others: [],
      recorders: [],
      speakers: [],
      canHear: true,
      moderates: false,
      mayRecord: true,
      linkOpens: true,
      interrupted: false,
      roomName,
      door: null,
      ...this.recorder.view.get(),
    });
    this.recorder.view.watch(() => this.patch(this.recorder.view.get()));
    for (const event of changes) this.room.on(event, this.refresh);
    this.room
      .on(RoomEvent.SignalReconnecting, this.onReconnecting)
      .on(RoomEvent.Reconnecting, this.onReconnecting)
      .on(RoomEvent.Reconnected, () => this.patch({ phase: { at: "connected", reconnecting: false } }))
      .on(RoomEvent.Disconnected, this.onDisconnected)
      .on(RoomEvent.DataReceived, (_payload, sender, _kind, topic) => {
        if (sender) return; // the server's own messages come from nobody
        if (topic === DOOR_TOPIC) this.moderator?.look();
        if (topic === ENDED_TOPIC) this.ended = true;
      });
  }

  async join(): Promise<void> {
    const { signal } = this.leaving;
    const devices = this.role === "guest" ? openDevices(rememberedChoices()) : null;
    try {
      const session = await this.session(signal);
      const { sessionId, mayRecord, linkOpens } = session;
      this.patch({ sessionId, mayRecord, linkOpens, roomName: session.roomName || this.roomName });
      const { url, accessToken, role, captions } = await this.enter(session, signal);
      this.accessToken = accessToken;
      if (signal.aborted) return;
      await this.room.connect(url, accessToken).catch((error: unknown) => {
        console.warn("The media server refused or did not answer:", error);
        throw new Error(texts.errors.media);
      });
      // Leaving may have happened meanwhile; TypeScript believes it cannot.
      if (this.hasLeft()) return await this.room.disconnect();
      this.publishing = devices?.then((opened) => this.publish(opened));
      this.patch({ phase: { at: "connected", reconnecting: false } });
      if (this.role === "guest") keepToken(session.sessionId, accessToken);
      void this.chat.meet(session.sessionId, {
        keep: (line) => keepLine(session.sessionId, accessToken, line),
        history: () => chatHistory(session.sessionId, accessToken, signal),
      });
      if (role === "moderator") this.becomeModerator(session);
      if (this.role === "guest") rememberVisit({ sessionId: session.sessionId, roomName: this.view.get().roomName, at: serverNow() });
      if (this.role === "guest") watchOtherWindows(sessionId, () => this.toaster.show("info", texts.call.twice), signal);
      this.recorder.meet();
      this.captions.meet(session.sessionId, accessToken, captions);
      this.refresh();
    } catch (error) {
      if (!this.hasLeft()) this.patch({ phase: { at: "failed", message: messageOf(error) } });
      void devices?.then(({ tracks }) => stopTracks(tracks));
      return;
    }
    await this.publishing;
  }

  private async session(signal: AbortSignal): Promise<Session> {
    const sessionId = this.givenToken === null ? null : sessionOf(this.givenToken);
    if (this.givenToken === null || sessionId === null) return openSession(this.roomName, signal);
    return { sessionId, token: this.givenToken, apiKey: "", roomName: "", mayRecord: true, linkOpens: true };
  }

  /** Through the door, which may be closed: then the devices stay open, and somebody is to answer. */
  private async enter(session: Session, signal: AbortSignal): Promise<Connection> {
    const by = { grant: this.grant, before: this.role === "guest" ? tokenOfBefore(session.sessionId) : null };
    try {
      return await connectSession(session, this.name, by, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== LOCKED || this.role !== "guest") throw error;
    }
    this.patch({ phase: { at: "waiting" } });
    const opened = await waitAtDoor(session, this.name, signal);
    if (typeof opened === "string") throw new Error(texts.door[opened]);
    this.patch({ phase: { at: "joining" } });
    return connectSession(session, this.name, opened, signal);
  }

  private becomeModerator(session: Session): void {
    const moderator = new Moderator(session);
    this.moderator = moderator;
    moderator.door.watch(() => this.patch({ door: moderator.door.get() }));
    this.patch({ moderates: true });
  }

  /** Somebody made this person a moderator, too. */
  private async claim(): Promise<void> {
    const { sessionId } = this.view.get();
    if (this.moderator || this.claiming || sessionId === null) return;
    this.claiming = true;
    try {
      const session = await claimPromotion(sessionId, this.accessToken);
      this.patch({ mayRecord: session.mayRecord, linkOpens: session.linkOpens });
      this.becomeModerator(session);
      this.toaster.show("info", texts.people.promotedYou);
    } catch (error) {
      this.toaster.show("error", messageOf(error));
    }
  }

  async leave(): Promise<void> {
    this.moderator?.close();
    this.leaving.abort();
    await this.room.disconnect();
  }

  hasLeft(): boolean {
    return this.leaving.signal.aborted;
  }

  private async publish({ tracks, problem }: Awaited<ReturnType<typeof openDevices>>): Promise<void> {
    if (problem) this.toaster.show("error", problem);
    if (this.hasLeft()) return stopTracks(tracks);
    const results = await Promise.allSettled(tracks.map((track) => this.room.localParticipant.publishTrack(track)));
    results.forEach((result, n) => {
      if (result.status === "fulfilled") return;
      tracks[n]?.stop();
      if (!this.hasLeft()) this.toaster.show("error", messageOf(result.reason));
    });
  }

  // --- what the person does ---

  // Whoever is quick means the devices that they came with, although these are not there yet.
  toggleMicrophone = async (): Promise<void> => {
    await this.publishing;
    await this.setMicrophone(!this.room.localParticipant.isMicrophoneEnabled);
  };

  setMicrophone = async (on: boolean): Promise<void> => {
    const { microphoneId } = rememberedChoices();
    this.own.muting = !on;
    const device = microphoneId ? { deviceId: microphoneId } : {};
    await this.device("microphone", () => this.room.localParticipant.setMicrophoneEnabled(on, device));
    this.own.muting = false;
  };

  toggleCamera = async (): Promise<void> => {
    await this.publishing;
    const me = this.room.localParticipant;
    const { cameraId } = rememberedChoices();
    const device = { ...capture, ...(cameraId && { deviceId: cameraId }), ...(await this.filters.forCamera()) };
    await this.device("camera", () => me.setCameraEnabled(!me.isCameraEnabled, device));
  };

  toggleScreen = async (): Promise<void> => {
    const me = this.room.localParticipant;
    try {
      await me.setScreenShareEnabled(!me.isScreenShareEnabled, { audio: true, systemAudio: "include", contentHint: "detail" });
    } catch (error) {
      // The person closed the browser's own dialogue: that is no error.
      const cancelled = error instanceof DOMException && error.name === "NotAllowedError";
      if (!cancelled) this.toaster.show("error", devicesAllowed() ? texts.call.shareFailed : texts.devices.insecure);
    }
    this.refresh();
  };

  /** Another camera, microphone or speaker from now on. */
  chooseDevice = async (kind: MediaDeviceKind, deviceId: string): Promise<void> => {
    const key = ({ videoinput: "cameraId", audioinput: "microphoneId", audiooutput: "speakerId" } as const)[kind];
    try {
      await this.room.switchActiveDevice(kind, deviceId);
      rememberChoices({ [key]: deviceId });
    } catch (error) {
      console.warn("The device did not start:", error);
      this.toaster.show("error", texts.devices.switchFailed);
    }
    this.refresh();
  };

  deviceInUse = (kind: MediaDeviceKind): string | null => this.room.getActiveDevice(kind) ?? null;

  private async device(what: "camera" | "microphone", act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.toaster.show("error", deviceProblem(what, error));
    }
    this.refresh();
  }

  startAudio = async (): Promise<void> => {
    await this.room.startAudio().catch(() => undefined);
    this.refresh();
  };

  /** Says whether this person may be recorded; the room learns it from the server. */
  consent = async (agrees: boolean): Promise<void> => {
    const { sessionId } = this.view.get();
    await answerConsent(sessionId ?? "", this.accessToken, agrees).catch((error: unknown) => {
      this.toaster.show("error", messageOf(error));
    });
  };

  remove = (person: Person): Promise<void> => this.moderate((moderator) => moderator.remove(person.identity));

  mute = (people: Person[]): Promise<void> =>
    this.moderate(async (moderator) => {
      const loud = people.filter(({ muted }) => !muted);
      const mute = ({ identity, microphoneSid }: Person) => (microphoneSid ? [moderator.mute(identity, microphoneSid)] : []);
      await Promise.all(loud.flatMap(mute));
    });

  promote = (person: Person): Promise<void> => this.moderate((moderator) => moderator.promote(person.identity));

  setDoor = (wish: DoorWish): Promise<void> => this.moderate((moderator) => moderator.setDoor(wish));

  admit = (knock: string, admits: boolean): Promise<void> => this.moderate((moderator) => moderator.admit(knock, admits));

  endForAll = (): Promise<void> => this.moderate((moderator) => moderator.end());

  private async moderate(act: (moderator: Moderator) => Promise<void>): Promise<void> {
    if (!this.moderator) return;
    await act(this.moderator).catch((error: unknown) => {
      console.warn("The media server refused:", error);
      this.toaster.show("error", texts.people.refused);
    });
  }

  // --- what the room tells ---

  private onReconnecting = (): void => this.patch({ phase: { at: "connected", reconnecting: true } });

  private onDisconnected = (reason?: DisconnectReason): void => {
    if (this.hasLeft() || this.view.get().phase.at !== "connected") return;
    this.moderator?.close();
    this.patch({ phase: { at: "ended", reason: this.ended ? "closed" : endReason(reason) }, me: null, others: [] });
  };

  /** Many events come at once: the view is made anew once for all of them. */
  private refresh = (): void => {
    if (this.refreshing) return;
    this.refreshing = true;
    queueMicrotask(() => {
      this.refreshing = false;
      if (this.view.get().phase.at !== "connected") return;
      const hands = this.gestures.hands.get();
      if (this.room.localParticipant.attributes["role"] === "moderator") void this.claim();
      this.patch({
        me: personOf(this.room.localParticipant, hands),
        others: othersIn(this.room, hands, this.trouble?.now.others),
        interrupted: this.trouble?.now.own ?? false,
        recorders: recordersIn(this.room),
        speakers: this.room.activeSpeakers.map(({ identity }) => identity),
        canHear: this.room.canPlaybackAudio,
      });
    });
  };

  private patch(change: Partial<RoomView>): void {
    this.view.set({ ...this.view.get(), ...change });
  }
}
