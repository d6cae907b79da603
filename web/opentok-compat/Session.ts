// OpenTok's session: who is there, what they publish and signal, and what this client does among them.
import { DisconnectReason, RemoteParticipant, Room, RoomEvent, Track, type Participant } from "livekit-client";
import { announcements, NOTHING, toldBy } from "./announcements";
import { wishOf } from "./arguments";
import { captionOf, Captions, CAPTIONS_TOPIC } from "./Captions";
import type { Session as Contract } from "./contract/objects";
import type { IceConfig, PublisherProperties, SessionOptions, SubscriberProperties } from "./contract/properties";
import { watchCpu } from "./cpu";
import { Emitter } from "./Emitter";
import { complete, OTError, type Completion } from "./errors";
import { Moderation } from "./Moderation";
import { REFUSED } from "./noops";
import { promised, withPromise } from "./promises";
import { Publisher } from "./Publisher";
import { Publishers } from "./Publishers";
import { Roster } from "./Roster";
import { connectOptions, exchange } from "./server";
import { messageOf, send, type Signal } from "./signals";
import { connectionOf, type Connection, type Stream } from "./streams";
import { Subscriber } from "./Subscriber";

type State = "disconnected" | "connecting" | "connected" | "reconnecting";

/** After any of these somebody's streams may be others, or look different. */
const CHANGES = [RoomEvent.TrackMuted, RoomEvent.TrackUnmuted] as const;

export class Session extends Emitter implements Contract {
  connection: Connection | undefined;
  currentState: State = "disconnected";
  private room: Room | null = null;
  private moderation: Moderation | null = null;
  private captions: Captions | null = null;
  private entering = Promise.resolve();
  private stopWatching: (() => void) | undefined;
  private iceConfig: IceConfig | undefined;
  private told = NOTHING;
  private readonly publishers = new Publishers();
  private readonly subscribers = new Set<Subscriber>();
  private readonly roster = new Roster({
    connectionCreated: (connection) => this.tellOf("connectionCreated", { connection }),
    connectionDestroyed: (connection) => this.tellOf("connectionDestroyed", { connection, reason: "clientDisconnected" }),
    streamCreated: (stream) => this.dispatch("streamCreated", { stream }),
    streamDestroyed: (stream) => this.dispatch("streamDestroyed", { stream, reason: "clientDisconnected" }, () => this.drop(stream)),
    streamChanged: (stream, change) => this.dispatch("streamPropertyChanged", { stream, ...change }),
    tracksChanged: (stream, tracks) => this.subscribersOf(stream).forEach((each) => each.follow(tracks)),
  });

  constructor(
    readonly apiKey: string,
    readonly sessionId: string,
    private readonly server: () => string,
    private readonly options: SessionOptions = {},
  ) {
    super();
    this.iceConfig = options.iceConfig;
  }

  get id(): string {
    return this.sessionId;
  }

  get capabilities() {
    const may = this.room?.localParticipant.permissions;
    const moderator = this.moderation?.allowed ? 1 : 0;
    return {
      publish: may?.canPublish ? 1 : 0,
      subscribe: may?.canSubscribe ? 1 : 0,
      forceDisconnect: moderator,
      forceMute: moderator,
      forceUnpublish: moderator,
    };
  }

  isConnected(): boolean {
    return this.currentState === "connected";
  }

  readonly connect = withPromise(
    (token: string, done?: Completion): this => {
      complete(this.enter(token), "OT_CONNECT_FAILED", done);
      return this;
    },
    (token: string): Promise<this> => promised(this.enter(token), "OT_CONNECT_FAILED").then(() => this),
  );

  async disconnect(): Promise<void> {
    const room = this.room;
    this.close("clientDisconnected");
    await room?.disconnect();
  }

  /** A publisher, or what `initPublisher` takes. */
  readonly publish = withPromise(
    (...given: unknown[]): Publisher => {
      const { publisher, done } = this.publisherOf(given);
      complete(this.send(publisher), "OT_UNABLE_TO_PUBLISH", done);
      return publisher;
    },
    (...given: unknown[]): Promise<Publisher> => {
      const { publisher } = this.publisherOf(given);
      return promised(this.send(publisher), "OT_UNABLE_TO_PUBLISH").then(() => publisher);
    },
  );

  unpublish(publisher: unknown): void {
    if (publisher instanceof Publisher) this.publishers.withdraw(publisher, this.room);
  }

  readonly subscribe = withPromise(
    (stream: object, ...given: unknown[]): Subscriber => {
      const { subscriber, done } = this.subscriberOf(stream, given);
      complete(this.begin(subscriber), "OT_UNABLE_TO_SUBSCRIBE", done);
      return subscriber;
    },
    (stream: object, ...given: unknown[]): Promise<Subscriber> => {
      const { subscriber } = this.subscriberOf(stream, given);
      return promised(this.begin(subscriber), "OT_UNABLE_TO_SUBSCRIBE").then(() => subscriber);
    },
  );

  unsubscribe(subscriber: unknown): void {
    if (!(subscriber instanceof Subscriber) || !this.subscribers.delete(subscriber)) return;
    subscriber.destroy("clientDisconnected");
    if (!this.subscribersOf(subscriber.stream).length) subscriber.release();
    this.captions?.quietly("wanted");
  }

  signal(signal: Signal, done?: Completion): Promise<void> {
    return promised(this.say(signal), "OT_NOT_CONNECTED", done);
  }

  forceDisconnect(who: { connectionId: string } | string, done?: Completion): Promise<void> {
    const identity = typeof who === "string" ? who : who.connectionId;
    return this.order((moderation) => moderation.disconnect(identity), "OT_UNABLE_TO_FORCE_DISCONNECT", done);
  }

  forceMuteStream(stream: object, done?: Completion): Promise<void> {
    return this.order((moderation) => moderation.mute(stream as Stream), "OT_UNABLE_TO_FORCE_MUTE", done);
  }

  /** Those who publish now, and whoever publishes later, until `disableForceMute`. */
  forceMuteAll(excluded?: object[] | Completion, done?: Completion): Promise<void> {
    const [spared, then] = typeof excluded === "function" ? [[], excluded] : [(excluded ?? []) as Stream[], done];
    return this.order((moderation) => moderation.muteAll(true, spared), "OT_UNABLE_TO_FORCE_MUTE", then);
  }

  disableForceMute(done?: Completion): Promise<void> {
    return this.order((moderation) => moderation.muteAll(false), "OT_UNABLE_TO_FORCE_MUTE", done);
  }

  forceUnpublish(stream: object, done?: Completion): Promise<void> {
    return this.order((moderation) => moderation.unpublish(stream as Stream), "OT_UNABLE_TO_FORCE_UNPUBLISH", done);
  }

  getPublisherForStream(stream: { streamId: string }): Publisher | undefined {
    return this.publishers.of(stream.streamId);
  }

  getSubscribersForStream(stream: { streamId: string }): [Subscriber] {
    return this.subscribersOf(stream) as [Subscriber]; // so says OpenTok's type; there may be none, or several
  }

  setEncryptionSecret(): Promise<void> {
    return promised(Promise.reject(new OTError("OT_NOT_SUPPORTED", REFUSED["Session.setEncryptionSecret"])), "OT_NOT_SUPPORTED");
  }

  /** From the next `connect` on. */
  setIceConfig(config: IceConfig): Promise<void> {
    this.iceConfig = config;
    return Promise.resolve();
  }

  private publisherOf([what, ...more]: unknown[]): { publisher: Publisher; done: Completion | undefined } {
    if (what instanceof Publisher) return { publisher: what, done: wishOf(...more).done };
    const { target, properties, done } = wishOf<PublisherProperties>(what, ...more);
    return { publisher: new Publisher(target, properties, this.server), done };
  }

  private subscriberOf(stream: object, given: unknown[]): { subscriber: Subscriber; done: Completion | undefined } {
    const { target, properties, done } = wishOf<SubscriberProperties>(...given);
    return { subscriber: new Subscriber(stream as Stream, target, properties, async () => this.captions?.tell("wanted")), done };
  }

  protected override awaited(name: string): void {
    if (name === "cpuPerformanceChanged") {
      this.stopWatching ??= watchCpu((cpuPerformanceState) => this.room && this.dispatch("cpuPerformanceChanged", { cpuPerformanceState }));
    }
  }

  private subscribersOf({ streamId }: { streamId: string }): Subscriber[] {
    return [...this.subscribers].filter((each) => each.stream.streamId === streamId);
  }

  private tellOf(event: "connectionCreated" | "connectionDestroyed", details: object): void {
    if (!this.options.connectionEventsSuppressed) this.dispatch(event, details);
  }

  private order(act: (moderation: Moderation) => Promise<void>, name: Parameters<typeof promised>[1], done?: Completion): Promise<void> {
    const ordered = async () => {
      this.connected();
      if (this.moderation) await act(this.moderation);
    };
    return promised(ordered(), name, done);
  }

  private enter(token: string): Promise<void> {
    if (this.currentState === "connected" || this.currentState === "reconnecting") return Promise.resolve();
    if (this.currentState === "connecting") return this.entering;
    this.currentState = "connecting";
    this.entering = this.open(token);
    return this.entering;
  }

  private async open(token: string): Promise<void> {
    const room = new Room({ dynacast: true });
    try {
      // To send in the clear what was to be encrypted would be worse than not to connect.
      if (this.options.encryptionSecret) throw new OTError("OT_NOT_SUPPORTED", REFUSED["Session.setEncryptionSecret"]);
      const access = await exchange(this.server(), this.sessionId, token);
      this.listen(room);
      await room.connect(access.url, access.accessToken, { autoSubscribe: false, ...connectOptions(this.iceConfig) });
      this.moderation = new Moderation(this.sessionId, access, this.roster);
      const wanted = () => [...this.subscribers].some((each) => each.isSubscribedToCaptions());
      this.captions = new Captions(this.sessionId, access, { wanted, published: () => this.publishers.captioned });
      if (this.currentState !== "connecting") {
        await room.disconnect();
        throw new OTError("OT_CONNECT_FAILED", "The session was left before it was connected");
      }
    } catch (error) {
      this.currentState = "disconnected";
      this.moderation = null;
      throw error;
    }
    this.room = room;
    this.connection = connectionOf(room.localParticipant);
    this.currentState = "connected";
    this.dispatch("sessionConnected");
    // The completion handler comes first, and whoever subscribes in it misses nothing.
    setTimeout(() => {
      if (this.room !== room || !this.connection) return;
      this.tellOf("connectionCreated", { connection: this.connection });
      this.roster.enter(room);
      this.told = { ...NOTHING, mute: toldBy(room.metadata).mute }; // a mute of before is no news, an archive is
      this.announce(room);
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
      .on(RoomEvent.ParticipantAttributesChanged, (_changed, participant) => look(participant))
      .on(RoomEvent.ParticipantConnected, look)
      .on(RoomEvent.TrackPublished, (_publication, participant) => look(participant))
      .on(RoomEvent.TrackUnpublished, (_publication, participant) => look(participant))
      .on(RoomEvent.TrackSubscribed, (_track, _publication, participant) => look(participant))
      .on(RoomEvent.TrackUnsubscribed, (_track, _publication, participant) => look(participant))
      .on(RoomEvent.ParticipantDisconnected, (participant) => this.roster.leave(participant))
      .on(RoomEvent.DataReceived, (payload, from, _kind, topic = "") => {
        const text = new TextDecoder().decode(payload);
        const caption = !from && topic === CAPTIONS_TOPIC ? captionOf(text) : undefined;
        if (caption) return this.eachSubscriber((each) => each.read(caption));
        this.hear(topic, text, from ? (this.roster.connection(from.identity) ?? connectionOf(from)) : null);
      })
      .on(RoomEvent.RoomMetadataChanged, () => this.room === room && this.announce(room))
      .on(RoomEvent.LocalTrackUnpublished, (publication) => this.currentState === "connected" && this.publishers.lost(publication, room))
      .on(RoomEvent.TrackStreamStateChanged, (publication, state) =>
        this.eachSubscriber((each) => each.receives(publication) && each.pause(state === Track.StreamState.Paused)),
      )
      .on(RoomEvent.ConnectionQualityChanged, (quality, participant) => {
        if (participant !== room.localParticipant) return;
        this.publishers.each((each) => each.linked(quality));
        this.eachSubscriber((each) => each.linked(quality));
      })
      .on(RoomEvent.AudioPlaybackStatusChanged, () => this.eachSubscriber((each) => each.block(!room.canPlaybackAudio)))
      .on(RoomEvent.Reconnecting, () => this.reconnects("reconnecting"))
      .on(RoomEvent.Reconnected, () => this.reconnects("connected"))
      .on(RoomEvent.Disconnected, (reason) => {
        if (this.room === room) this.close(reason === DisconnectReason.PARTICIPANT_REMOVED ? "forceDisconnected" : "networkDisconnected");
      });
  }

  private reconnects(state: "reconnecting" | "connected"): void {
    if (!this.room || this.currentState === state) return;
    this.currentState = state;
    this.eachSubscriber((each) => each.link(state === "connected"));
    if (state === "connected") this.captions?.again();
    this.dispatch(state === "connected" ? "sessionReconnected" : "sessionReconnecting");
  }

  private close(reason: string): void {
    const was = this.currentState;
    this.currentState = "disconnected";
    this.room = null;
    this.moderation = null;
    this.captions = null;
    this.told = NOTHING;
    this.stopWatching?.();
    this.stopWatching = undefined;
    this.roster.close();
    this.publishers.each((each) => this.publishers.end(each, reason));
    if (was === "connected" || was === "reconnecting") {
      this.dispatch("sessionDisconnected", { reason }, () => {
        for (const subscriber of this.subscribers) subscriber.destroy(reason);
        this.subscribers.clear();
      });
    }
    this.connection = undefined;
  }

  private connected(): Room {
    if (!this.room) throw new OTError("OT_NOT_CONNECTED", "You are not connected to the session");
    return this.room;
  }

  private async send(publisher: Publisher): Promise<void> {
    const room = this.connected();
    if (!this.capabilities.publish) throw new OTError("OT_PERMISSION_DENIED", "The token's role may not publish");
    await this.publishers.send(publisher, this, room, this.connection ?? connectionOf(room.localParticipant));
    publisher.archived(this.told.archives.length > 0);
    publisher.dispatch("streamCreated", { stream: publisher.stream });
    publisher.tellOfCaptions = async () => this.captions?.tell("published");
    this.captions?.quietly("published");
  }

  private lookAtOwn(room: Room): void {
    this.publishers.look(
      room,
      (stream, change) => this.dispatch("streamPropertyChanged", { stream, ...change }),
      () => this.told.mute.active || this.dispatch("muteForced", { active: true }), // the server has said so of all
    );
  }

  private async begin(subscriber: Subscriber): Promise<void> {
    try {
      await this.receive(subscriber);
    } catch (error) {
      this.subscribers.delete(subscriber);
      subscriber.element?.remove();
      throw error;
    }
  }

  private async receive(subscriber: Subscriber): Promise<void> {
    this.connected();
    const tracks = this.roster.tracks(subscriber.stream);
    if (!tracks) throw new OTError("OT_STREAM_NOT_FOUND", "There is no such stream in the session");
    if (!this.capabilities["subscribe"]) throw new OTError("OT_UNABLE_TO_SUBSCRIBE", "The token's role may not subscribe");
    this.subscribers.add(subscriber);
    this.captions?.quietly("wanted");
    await new Promise<void>((resolve, reject) => {
      subscriber.once("connected", () => resolve());
      subscriber.once("destroyed", () => reject(new OTError("OT_STREAM_NOT_FOUND", "The stream ended")));
      // What the caller says on the subscriber is in place before anything happens to it.
      setTimeout(() => this.subscribers.has(subscriber) && subscriber.follow(this.roster.tracks(subscriber.stream) ?? tracks));
    });
  }

  private drop(stream: Stream): void {
    for (const subscriber of this.subscribersOf(stream)) {
      this.subscribers.delete(subscriber);
      subscriber.destroy("streamDestroyed");
    }
  }

  private async say(signal: Signal): Promise<void> {
    const message = messageOf(signal);
    const room = this.connected();
    if (this.currentState === "reconnecting" && signal.retryAfterReconnect === false) {
      throw new OTError("OT_NOT_CONNECTED", "The session is reconnecting");
    }
    const own = this.connection ?? null;
    if (await send(room, message, own?.connectionId, (id) => this.roster.connection(id) !== undefined)) this.hear(message.type, message.text, own);
  }

  private hear(type: string, data: string, from: Connection | null): void {
    const as = type ? `signal:${type}` : "signal";
    this.dispatch("signal", { data, from }, undefined, as);
    if (type) this.dispatch(as, { data, from });
  }

  /** What the server tells, where it is news. */
  private announce(room: Room): void {
    const before = this.told;
    this.told = toldBy(room.metadata);
    this.publishers.each((each) => each.archived(this.told.archives.length > 0));
    for (const { event, details } of announcements(before, this.told)) this.dispatch(event, details);
  }

  private eachSubscriber(tell: (subscriber: Subscriber) => void): void {
    for (const subscriber of [...this.subscribers]) tell(subscriber);
  }
}
