// What a person is told of who comes and goes, of what is written, and of their own devices.
// @vitest-environment jsdom
import { EventEmitter } from "node:events";
import { ConnectionState, ParticipantKind, RoomEvent, Track, TrackEvent, type Room } from "livekit-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { texts } from "../texts";
import { Chat, type Keeper } from "./Chat";
import { rememberChoices } from "./memory";
import { Talk } from "./MutedTalk";
import { listed, Notices } from "./Notices";
import { OwnDevices } from "./OwnDevices";
import { Toaster } from "./Toaster";

const chimes = vi.hoisted(() => vi.fn(() => Promise.resolve()));
vi.mock("./chime", () => ({ chime: chimes }));

let room: Room;
let chat: Chat;
let toaster: Toaster;

const person = (name: string, kind = ParticipantKind.STANDARD) => ({ identity: name, name, kind });
const told = () => toaster.toasts.get().map(({ text }) => text);
const happens = (event: RoomEvent, ...facts: unknown[]) => (room as unknown as EventEmitter).emit(event, ...facts);
const writes = (name: string, text: string) =>
  happens(RoomEvent.DataReceived, new TextEncoder().encode(JSON.stringify({ text, name, at: 1 })), person(name), undefined, "chat");

const keepsNothing: Keeper = { keep: () => Promise.resolve(), history: () => Promise.resolve(null) };

beforeEach(() => {
  vi.useFakeTimers();
  room = Object.assign(new EventEmitter(), {
    state: ConnectionState.Connected,
    localParticipant: { identity: "me", publishData: () => Promise.resolve() },
  }) as unknown as Room;
  chat = new Chat(room, "Me");
  toaster = new Toaster();
  new Notices(room, chat, toaster, new AbortController().signal);
});

afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
  sessionStorage.clear();
  chimes.mockClear();
});

it("says in one sentence who came together", () => {
  happens(RoomEvent.ParticipantConnected, person("Ann"));
  vi.advanceTimersByTime(500);
  happens(RoomEvent.ParticipantConnected, person("Ben"));
  expect(told()).toEqual([]);
  vi.advanceTimersByTime(1300);
  expect(told()).toEqual([texts.notices.came("Ann and Ben")]);
  expect(chimes).toHaveBeenCalledTimes(1);
});

it("says who left, and nothing of who was back at once", () => {
  happens(RoomEvent.ParticipantDisconnected, person("Ann"));
  happens(RoomEvent.ParticipantDisconnected, person("Ben"));
  happens(RoomEvent.ParticipantConnected, person("Ben"));
  vi.advanceTimersByTime(1300);
  expect(told()).toEqual([texts.notices.went("Ann")]);
});

it("says nothing of recorders, nor of those who come back with one's own connection", () => {
  happens(RoomEvent.ParticipantConnected, person("Recorder", ParticipantKind.EGRESS));
  happens(RoomEvent.Reconnected);
  happens(RoomEvent.ParticipantConnected, person("Ann"));
  vi.advanceTimersByTime(1300);
  expect(told()).toEqual([]);
  vi.advanceTimersByTime(5000);
  happens(RoomEvent.ParticipantConnected, person("Ben"));
  vi.advanceTimersByTime(1300);
  expect(told()).toEqual([texts.notices.came("Ben")]);
});

it("shows what is written unless it is being read", () => {
  writes("Ann", "Shall we begin?");
  expect(told()).toEqual(["Ann: Shall we begin?"]);
  expect(toaster.toasts.get()[0]?.spoken).toBe(true);
  chat.read(true);
  writes("Ann", "Yes");
  expect(told()).toEqual(["Ann: Shall we begin?"]);
  expect(chimes).toHaveBeenCalledTimes(1);
});

it("is quiet for whoever wants that", () => {
  rememberChoices({ notices: false, sounds: false });
  writes("Ann", "Hello");
  happens(RoomEvent.ParticipantConnected, person("Ben"));
  vi.advanceTimersByTime(1300);
  expect(told()).toEqual([]);
  expect(chimes).not.toHaveBeenCalled();
});

it("names a few and counts the rest", () => {
  expect(listed(["Ann"], "en")).toBe("Ann");
  expect(listed(["Ann", "Ben", "Eve"], "en")).toBe("Ann, Ben, and Eve");
  expect(listed(["Ann", "Ben", "Eve", "Tom"], "en")).toBe("Ann, Ben, and 2 others");
});

it("has what was written before a reload, and no more than that", async () => {
  await chat.meet("session", keepsNothing);
  writes("Ann", "Hello");
  await chat.send("Hello Ann");
  const reloaded = new Chat(room, "Me");
  await reloaded.meet("session", keepsNothing);
  expect(reloaded.view.get().messages.map(({ text, mine }) => [text, mine])).toEqual([
    ["Hello", false],
    ["Hello Ann", true],
  ]);
  expect(reloaded.view.get().unread).toBe(0);
  const elsewhere = new Chat(room, "Me");
  await elsewhere.meet("another session", keepsNothing);
  expect(elsewhere.view.get().messages).toEqual([]);
  sessionStorage.setItem("reelroom.chat.broken", "{");
  await elsewhere.meet("broken", keepsNothing);
  expect(elsewhere.view.get().messages).toEqual([]);
});

it("tells a lost device from one that somebody turned off", () => {
  const own = new OwnDevices(room, toaster, new AbortController().signal);
  const me = { isLocal: true };
  const published = (source: Track.Source) => {
    const track = Object.assign(new EventEmitter(), { mediaStreamTrack: { readyState: "ended" } });
    const publication = { source, track };
    happens(RoomEvent.LocalTrackPublished, publication);
    return publication;
  };
  const camera = published(Track.Source.Camera);
  camera.track.emit(TrackEvent.Ended);
  happens(RoomEvent.TrackMuted, camera, me);
  expect(told()).toEqual([texts.devices.lost.camera]);

  const microphone = published(Track.Source.Microphone);
  microphone.track.emit(TrackEvent.Ended);
  happens(RoomEvent.TrackMuted, microphone, me);
  expect(told().at(-1)).toBe(texts.devices.lost.microphone);

  const live = { source: Track.Source.Microphone, track: null };
  happens(RoomEvent.TrackMuted, live, me);
  expect(told().at(-1)).toBe(texts.call.mutedByOther);
  toaster.toasts.set([]);
  own.muting = true;
  happens(RoomEvent.TrackMuted, live, me);
  happens(RoomEvent.TrackMuted, live, { isLocal: false });
  expect(told()).toEqual([]);
});

it("says that nobody hears them to whoever talks on, not to whoever coughs", () => {
  const talk = new Talk();
  const said = (levels: number[], from: number) => levels.map((level, n) => talk.add(level, from + 100 * n));
  expect(said([0.1, 0.1, 0.1, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0)).not.toContain(true);
  expect(said([0.1, 0.05, 0.1, 0, 0.1, 0.1, 0.1, 0, 0.1, 0.1], 2000).filter(Boolean)).toEqual([true]);
  expect(said(Array.from({ length: 100 }, () => 0.1), 4000)).not.toContain(true);
  expect(said(Array.from({ length: 20 }, () => 0.1), 40_000)).toContain(true);
});
