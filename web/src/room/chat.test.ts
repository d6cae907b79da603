// The chat of who comes late, or again: what the server has kept, beside what this window has heard itself.
// @vitest-environment jsdom
import { EventEmitter } from "node:events";
import { ParticipantKind, RoomEvent, type Room } from "livekit-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChatLine } from "../api/types";
import { Chat, type Keeper } from "./Chat";
import { newId } from "./messages";

let room: Room;
let sent: string[];

beforeEach(() => {
  sent = [];
  room = Object.assign(new EventEmitter(), {
    localParticipant: {
      identity: "me",
      publishData: (payload: Uint8Array) => {
        sent.push(new TextDecoder().decode(payload));
        return Promise.resolve();
      },
    },
  }) as unknown as Room;
});

afterEach(() => {
  vi.useRealTimers();
  sessionStorage.clear();
});

const line = (name: string, text: string, id = newId()): ChatLine => ({ identity: name.toLowerCase(), id, name, text, replyTo: "", at: 5 });
const hears = ({ identity, name, ...message }: ChatLine) =>
  (room as unknown as EventEmitter).emit(
    RoomEvent.DataReceived,
    new TextEncoder().encode(JSON.stringify(message)),
    { identity, name, kind: ParticipantKind.STANDARD },
    undefined,
    "chat",
  );
const keeping = (...lines: ChatLine[]): Keeper & { keep: ReturnType<typeof vi.fn> } => ({
  keep: vi.fn(() => Promise.resolve()),
  history: () => Promise.resolve(lines),
});
const shown = (chat: Chat) => chat.view.get().messages.map(({ name, text, mine }) => (mine ? `me: ${text}` : `${name}: ${text}`));

it("shows who comes late what was written before, and once what is heard as well", async () => {
  const chat = new Chat(room, "Me");
  const [first, second, third] = [line("Ann", "one"), line("Ben", "two"), line("Ann", "three")];
  hears(second);
  hears(third);
  await chat.meet("session", keeping(first, second));
  expect(shown(chat)).toEqual(["Ann: one", "Ben: two", "Ann: three"]);
  hears(second);
  expect(shown(chat)).toHaveLength(3);
  expect(chat.view.get().unread).toBe(3);
});

it("knows its own words again after a reload, though it is somebody else by then", async () => {
  const chat = new Chat(room, "Me");
  const keeper = keeping();
  await chat.meet("session", keeper);
  await chat.send("mine");
  const [kept] = keeper.keep.mock.calls[0] as [{ id: string; text: string }];
  expect(kept.text).toBe("mine");
  const reloaded = new Chat(room, "Me");
  await reloaded.meet("session", keeping(line("Me", "mine", kept.id), line("Ann", "meanwhile")));
  expect(shown(reloaded)).toEqual(["me: mine", "Ann: meanwhile"]);
  expect(reloaded.view.get().unread).toBe(1);
});

it("sends although the server keeps nothing, and answers what is named", async () => {
  const chat = new Chat(room, "Me");
  await chat.meet("session", { keep: () => Promise.reject(new Error("down")), history: () => Promise.resolve([]) });
  await chat.send("still here", "ann 1");
  expect(JSON.parse(sent[0] ?? "")).toMatchObject({ text: "still here", replyTo: "ann 1" });
});

it("asks once more where the first answer gets lost", async () => {
  vi.useFakeTimers();
  const chat = new Chat(room, "Me");
  const history = vi.fn(() => Promise.resolve<ChatLine[] | null>([line("Ann", "one")])).mockRejectedValueOnce(new Error("lost"));
  const met = chat.meet("session", { keep: () => Promise.resolve(), history });
  await vi.advanceTimersByTimeAsync(3000);
  await met;
  expect(shown(chat)).toEqual(["Ann: one"]);
});
