// OpenTok's session: who is there, what they publish and signal, and what this client does among them.
import { DisconnectReason, RemoteParticipant, Room, RoomEvent, type Participant } from "livekit-client";
import { Emitter } from "./Emitter";
import { complete, OTError, type Completion } from "./errors";
import type { Target } from "./elements";
import { Publisher, type PublisherProperties } from "./Publisher";
import { newStream, Roster } from "./Roster";
import { exchange, mayModerate, moderate, type Access } from "./server";
import { messageOf, type Signal } from "./signals";
import { connectionOf, lookOf, streamIdOf, update, type Connection, type Stream } from "./streams";
import { Subscriber, type SubscriberProperties } from "./Subscriber";

type State = "disconnected" | "connecting" | "connected" | "reconnecting";

/** After any of these somebody's streams may be others, or look different. */
const CHANGES = [RoomEvent.TrackMuted, RoomEvent.TrackUnmuted] as const;

export class Session extends Emitter {
  connection: Connection | null = null;
  currentState: State = "disconnected";
  private room: Room | null = null;
  private access: Access | null = null;
  private withdrawn = Promise.resolve();
  private readonly publishers = new Set<Publisher>();
  private readonly subscribers = new Set<Subscriber>();
  private readonly roster = new Roster({
    connectionCreated: (connection) => this.dispatch("connectionCreated", { connection }),
    connectionDestroyed: (connection) => this.dispatch("connectionDestroyed", { connection, reason: "clientDisconnected" }),
    streamCreated: (stream) => this.dispatch("streamCreated", { stream }),
    streamDestroyed: (stream) => this.dispatch("streamDestroyed", { stream, reason: "clientDisconnected" }, () => this.drop(stream)),
    streamChanged: (stream, change) => this.dispatch("streamPropertyChanged", { stream, ...change }),
    tracksChanged: (stream, tracks) => this.getSubscribersForStream(stream).forEach((each) => each.follow(tracks)),
  });

  constructor(
    readonly apiKey: string,
    readonly sessionId: string,
    private readonly server: () => string,
  ) {
    super();
  }

  get id(): string {
    return this.sessionId;
  }

  get capabilities(): Record<string, 0 | 1> {
    const may = this.room?.localParticipant.permissions;
    const moderator = this.access && mayModerate(this.access.accessToken) ? 1 : 0;
    return {
      publish: may?.canPublish ? 1 : 0,
      subscribe: may?.canSubscribe ? 1 : 0,
      forceDisconnect: moderator,
      forceMute: moderator,
      forceUnpublish: 0,
    };
  }

  isConnected(): boolean {
    return this.currentState === "connected";
  }

  connect(token: string, done?: Completion): this {
    if (this.currentState !== "disconnected") {
      if (this.isConnected()) done?.();
      else if (done) this.once("sessionConnected", () => done());
      return this;
    }
    this.currentState = "connecting";
    complete(this.open(token), "OT_CONNECT_FAILED", done);
    return this;
  }

  disconnect(): void {
    const room = this.room;
    this.close("clientDisconnected");
    void room?.disconnect();
  }

  publish(what: Publisher | Target, properties?: PublisherProperties | Completion, done?: Completion): Publisher {
    if (typeof properties === "function") return this.publish(what, undefined, properties);
    const publisher = what instanceof Publisher ? what : new Publisher(what, properties ?? {});
    complete(this.send(publisher), "OT_UNABLE_TO_PUBLISH", done);
    return publisher;
  }

  unpublish(publisher: Publisher): void {
    if (!this.publishers.has(publisher)) return;
    if (this.room) this.withdrawn = publisher.withdrawFrom(this.room).catch(() => undefined);
    this.endPublisher(publisher, "clientDisconnected");
  }

  subscribe(stream: Stream, target?: Target | SubscriberProperties | Completion, properties?: SubscriberProperties | Completion, done?: Completion): Subscriber {
    if (typeof target === "function") return this.subscribe(stream, undefined, {}, target);
    if (target && typeof target === "object" && !(target instanceof HTMLElement)) {
      return this.subscribe(stream, undefined, target, properties as Completion);
    }
    if (typeof properties === "function") return this.subscribe(stream, target, {}, properties);
    const subscriber = new Subscriber(stream, target, properties ?? {});
    const receiving = this.receive(subscriber);
    receiving.catch(() => subscriber.element?.remove());
    complete(receiving, "OT_UNABLE_TO_SUBSCRIBE", done);
    return subscriber;
  }

  unsubscribe(subscriber: Subscriber): void {
    if (!this.subscribers.delete(subscriber)) return;
    subscriber.destroy("clientDisconnected");
    if (this.getSubscribersForStream(subscriber.stream).length === 0) subscriber.release();
  }

  signal(signal: Signal, done?: Completion): void {
    complete(this.say(signal), "OT_NOT_CONNECTED", done);
  }

  forceDisconnect(who: Connection | string, done?: Completion): void {
    const identity = typeof who === "string" ? who : who.connectionId;
    complete(this.order("RemoveParticipant", { identity }, "OT_UNABLE_TO_FORCE_DISCONNECT"), "OT_UNABLE_TO_FORCE_DISCONNECT", done);
  }

  forceMuteStream(stream: Stream, done?: Completion): void {
    complete(this.silence([stream]), "OT_UNABLE_TO_FORCE_MUTE", done);
  }

  /** Those who publish now; whoever comes later may speak. */
  forceMuteAll(excluded?: Stream[] | Completion, done?: Completion): void {
    if (typeof excluded === "function") return this.forceMuteAll([], excluded);
    const spared = new Set((excluded ?? []).map(({ streamId }) => streamId));
    const streams = this.roster.streams().filter(({ streamId }) => !spared.has(streamId));
    complete(this.silence(streams), "OT_UNABLE_TO_FORCE_MUTE", done);
  }

  forceUnpublish(_stream: Stream, done?: Completion): void {
    const name = "OT_UNABLE_TO_FORCE_UNPUBLISH";
    complete(Promise.reject(new OTError(name, "This server cannot end other people's streams; it can mute them")), name, done);
  }

  getPublisherForStream(stream: Stream): Publisher | undefined {
    return [...this.publishers].find((each) => each.stream?.streamId === stream.streamId);
  }

  getSubscribersForStream(stream: Stream): Subscriber[] {
    return [...this.subscribers].filter((each) => each.stream.streamId === stream.streamId);
  }

  private async open(token: string): Promise<void> {
    const room = new Room({ dynacast: true });
    try {
      this.access = await exchange(this.server(), this.sessionId, token);
      this.listen(room);
      await room.connect(this.access.url, this.access.accessToken, { autoSubscribe: false });
      if (this.currentState !== "connecting") {
        await room.disconnect();
        throw new OTError("OT_CONNECT_FAILED", "The session was left before it was connected");
      }
    } catch (error) {
      this.currentState = "disconnected";
      throw error;
    }
    this.room = room;
    this.connection = connectionOf(room.localParticipant);
    this.currentState = "connected";
    this.dispatch("sessionConnected");
    // The completion handler comes first, and whoever subscribes in it misses nothing.
    setTimeout(() => {
      if (this.room !== room || !this.connection) return;
      this.dispatch("connectionCreated", { connection: this.connection });
      this.roster.enter(room);
    });
  }

  private listen(room: Room): void {
    const look = (participant: Participant) => {
      if (this.room !== room) return;
      if (participant instanceof RemoteParticipant) this.roster.look(participant);
      else this.lookAtOwn(room);
    };
    for (const event of CHANGES) room.on(event, (_publication, participant) => look(participant));
    room
      .on(RoomEvent.ParticipantConnected, look)
      .on(RoomEvent.TrackPublished, (_publication, participant) => look(participant))
      .on(RoomEvent.TrackUnpublished, (_publication, participant) => look(participant))
      .on(RoomEvent.TrackSubscribed, (_track, _publication, participant) => look(participant))
      .on(RoomEvent.TrackUnsubscribed, (_track, _publication, participant) => look(participant))
      .on(RoomEvent.ParticipantDisconnected, (participant) => this.roster.leave(participant))
      .on(RoomEvent.DataReceived, (payload, from, _kind, topic) =>
        this.hear(topic ?? "", new TextDecoder().decode(payload), from ? (this.roster.connection(from.identity) ?? connectionOf(from)) : null),
      )
      .on(RoomEvent.Reconnecting, () => this.reconnects("reconnecting"))
      .on(RoomEvent.Reconnected, () => this.reconnects("connected"))
      .on(RoomEvent.Disconnected, (reason) => {
        if (this.room === room) this.close(reason === DisconnectReason.PARTICIPANT_REMOVED ? "forceDisconnected" : "networkDisconnected");
      });
  }

  private reconnects(state: "reconnecting" | "connected"): void {
    if (!this.room || this.currentState === state) return;
    this.currentState = state;
    this.dispatch(state === "connected" ? "sessionReconnected" : "sessionReconnecting");
  }

  private close(reason: string): void {
    const was = this.currentState;
    this.currentState = "disconnected";
    this.room = null;
    this.access = null;
    this.roster.close();
    for (const publisher of [...this.publishers]) this.endPublisher(publisher, reason);
    if (was === "connected" || was === "reconnecting") {
      this.dispatch("sessionDisconnected", { reason }, () => {
        for (const subscriber of this.subscribers) subscriber.destroy(reason);
        this.subscribers.clear();
      });
    }
    this.connection = null;
  }

  private connected(): Room {
    if (!this.room) throw new OTError("OT_NOT_CONNECTED", "You are not connected to the session");
    return this.room;
  }

  private async send(publisher: Publisher): Promise<void> {
    const room = this.connected();
    if (!this.capabilities["publish"]) throw new OTError("OT_PERMISSION_DENIED", "The token's role may not publish");
    if ([...this.publishers].some((each) => each.kind === publisher.kind)) {
      throw new OTError("OT_UNABLE_TO_PUBLISH", `This client publishes a ${publisher.kind} already; it may publish one and a screen`);
    }
    this.publishers.add(publisher);
    publisher.session = this;
    publisher.once("destroying", () => this.unpublish(publisher));
    try {
      await this.withdrawn; // of the publisher before this one
      const tracks = await publisher.sendTo(room);
      const id = streamIdOf(tracks);
      if (!this.publishers.has(publisher)) throw new OTError("OT_UNABLE_TO_PUBLISH", "It was unpublished before it was published");
      if (id === undefined || !this.connection) throw new OTError("OT_UNABLE_TO_PUBLISH", "There is nothing to publish");
      publisher.stream = newStream(id, this.connection, tracks, publisher.kind, room.localParticipant.name);
    } catch (error) {
      this.publishers.delete(publisher);
      publisher.session = null;
      await publisher.withdrawFrom(room).catch(() => undefined);
      throw error;
    }
    publisher.dispatch("streamCreated", { stream: publisher.stream });
  }

  private endPublisher(publisher: Publisher, reason: string): void {
    this.publishers.delete(publisher);
    const stream = publisher.stream;
    publisher.stream = null;
    publisher.session = null;
    if (stream) publisher.dispatch("streamDestroyed", { stream, reason }, () => publisher.destroy());
  }

  private lookAtOwn(room: Room): void {
    for (const publisher of this.publishers) {
      const { stream, kind } = publisher;
      if (!stream) continue;
      const look = lookOf(publisher.publications(room), kind, room.localParticipant.name ?? "");
      for (const change of update(stream, look)) this.dispatch("streamPropertyChanged", { stream, ...change });
    }
  }

  private async receive(subscriber: Subscriber): Promise<void> {
    this.connected();
    const tracks = this.roster.tracks(subscriber.stream);
    if (!tracks) throw new OTError("OT_STREAM_NOT_FOUND", "There is no such stream in the session");
    if (!this.capabilities["subscribe"]) throw new OTError("OT_UNABLE_TO_SUBSCRIBE", "The token's role may not subscribe");
    this.subscribers.add(subscriber);
    await new Promise<void>((resolve, reject) => {
      subscriber.once("connected", () => resolve());
      subscriber.once("destroyed", () => reject(new OTError("OT_STREAM_NOT_FOUND", "The stream ended")));
      // What the caller says on the subscriber is in place before anything happens to it.
      setTimeout(() => this.subscribers.has(subscriber) && subscriber.follow(this.roster.tracks(subscriber.stream) ?? tracks));
    });
  }

  private drop(stream: Stream): void {
    for (const subscriber of this.getSubscribersForStream(stream)) {
      this.subscribers.delete(subscriber);
      subscriber.destroy("streamDestroyed");
    }
  }

  private async say(signal: Signal): Promise<void> {
    const { type, text, to } = messageOf(signal);
    const room = this.connected();
    if (this.currentState === "reconnecting" && signal.retryAfterReconnect === false) {
      throw new OTError("OT_NOT_CONNECTED", "The session is reconnecting");
    }
    if (!room.localParticipant.permissions?.canPublishData) throw new OTError("OT_PERMISSION_DENIED", "The token's role may not signal");
    const own = this.connection;
    if (to !== undefined && to !== own?.connectionId && !this.roster.connection(to)) {
      throw new OTError("OT_INVALID_PARAMETER", "No client with that connection id is connected to the session", 404);
    }
    if (to !== own?.connectionId) {
      const destinationIdentities = to === undefined ? {} : { destinationIdentities: [to] };
      await room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true, topic: type, ...destinationIdentities });
    }
    // OpenTok also sends a signal back to whoever sent it; the engine does not.
    if (to === undefined || to === own?.connectionId) this.hear(type, text, own);
  }

  private hear(type: string, data: string, from: Connection | null): void {
    const as = type ? `signal:${type}` : "signal";
    this.dispatch("signal", { data, from }, undefined, as);
    if (type) this.dispatch(as, { data, from });
  }

  private async silence(streams: Stream[]): Promise<void> {
    for (const stream of streams) {
      const audio = this.roster.tracks(stream)?.audio;
      if (!audio) continue;
      const track = { identity: stream.connection.connectionId, trackSid: audio.trackSid, muted: true };
      await this.order("MutePublishedTrack", track, "OT_UNABLE_TO_FORCE_MUTE");
    }
  }

  private async order(method: string, request: object, name: "OT_UNABLE_TO_FORCE_DISCONNECT" | "OT_UNABLE_TO_FORCE_MUTE"): Promise<void> {
    this.connected();
    if (!this.access || !mayModerate(this.access.accessToken)) throw new OTError(name, "The token's role is not moderator");
    await moderate(this.access, method, { room: this.sessionId, ...request }, name);
  }
}
