// A visit through a room's door, with a media server that is not there.
// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { texts } from "../texts";
import { RoomClient } from "./RoomClient";

vi.mock("livekit-client", async (load) => {
  const real = await load<typeof import("livekit-client")>();
  const { EventEmitter } = await import("node:events");
  class Room extends EventEmitter {
    localParticipant = Object.assign(new EventEmitter(), {
      identity: "me",
      name: "Ben",
      isLocal: true,
      attributes: {},
      connectionQuality: real.ConnectionQuality.Good,
      audioTrackPublications: new Map(),
      videoTrackPublications: new Map(),
      getTrackPublication: () => undefined,
      publishData: () => Promise.resolve(),
    });
    remoteParticipants = new Map();
    activeSpeakers = [];
    canPlaybackAudio = true;
    metadata = "";
    connect = () => Promise.resolve();
    disconnect = () => Promise.resolve();
  }
  return { ...real, Room };
});

type Answer = [status: number, body: object];
const session = { sessionId: "1_MX4", token: "T1==", apiKey: "1", roomName: "x", mayRecord: true, linkOpens: true };
const entry: Answer = [200, { url: "ws://x", accessToken: "mine", role: "publisher" }];
const shut: Answer = [423, { message: "A moderator of the room lets you in" }];
let asked: { path: string; body: Record<string, unknown> }[] = [];

/** The server answers each path with these, one after the other, and the last one again. */
function answering(answers: Record<string, Answer[]>) {
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    asked.push({ path, body: JSON.parse((init.body as string | undefined) ?? "{}") as Record<string, unknown> });
    const left = answers[path] ?? [[404, { message: `nothing at ${path}` }]];
    const [status, body] = (left.length > 1 ? left.shift() : left[0]) ?? [404, {}];
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
}

const visit = () => new RoomClient("door", "Ben");
const bodies = (path: string) => asked.filter((each) => each.path === path).map(({ body }) => body);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearInterval"] });
  localStorage.setItem("reelroom.choices", JSON.stringify({ camera: false, microphone: false }));
});

afterEach(() => {
  asked = [];
  sessionStorage.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("comes in where the door is open, and says so when it comes again", async () => {
  answering({ "/session/door": [[200, session]], "/session/connect": [entry] });
  const client = visit();
  await client.join();
  expect(client.view.get().phase).toEqual({ at: "connected", reconnecting: false });
  expect(client.view.get().moderates).toBe(false);
  await visit().join();
  expect(bodies("/session/connect").map(({ before }) => before)).toEqual([undefined, "mine"]);
});

it("waits at a closed door until somebody lets it in", async () => {
  const knock = (answer: string): Answer => [200, { knock: "k1", answer }];
  answering({
    "/session/door": [[200, session]],
    "/session/connect": [shut, entry],
    "/session/knock": [knock("waiting"), knock("waiting"), knock("admitted")],
  });
  const client = visit();
  const joined = client.join();
  await vi.waitFor(() => expect(client.view.get().phase.at).toBe("waiting"));
  await vi.advanceTimersByTimeAsync(2000);
  expect(client.view.get().phase.at).toBe("waiting");
  await vi.advanceTimersByTimeAsync(2000);
  await joined;
  expect(client.view.get().phase.at).toBe("connected");
  expect(bodies("/session/knock").map((body) => body["knock"])).toEqual(["", "k1", "k1"]);
  expect(bodies("/session/connect").at(-1)).toMatchObject({ knock: "k1", name: "Ben" });
});

it.each(["denied", "locked"] as const)("says why it is not let in: %s", async (answer) => {
  answering({ "/session/door": [[200, session]], "/session/connect": [shut], "/session/knock": [[200, { knock: "", answer }]] });
  const client = visit();
  await client.join();
  expect(client.view.get().phase).toEqual({ at: "failed", message: texts.door[answer] });
});

it("knocks no more once it has left", async () => {
  answering({ "/session/door": [[200, session]], "/session/connect": [shut], "/session/knock": [[200, { knock: "k1", answer: "waiting" }]] });
  const client = visit();
  const joined = client.join();
  await vi.waitFor(() => expect(client.view.get().phase.at).toBe("waiting"));
  await client.leave();
  await vi.advanceTimersByTimeAsync(10_000);
  await joined;
  expect(bodies("/session/knock")).toHaveLength(1);
});

it("moderates when it comes as a moderator, and sees who waits", async () => {
  const waiting = [{ knock: "k1", name: "Eve", since: 1 }];
  answering({
    "/session/door": [[200, session]],
    "/session/connect": [[200, { ...entry[1], role: "moderator" }]],
    "/session/moderate/door": [[200, { door: "waiting", waiting }]],
    "/session/moderate/admit": [[200, { door: "waiting", waiting: [] }]],
  });
  const client = visit();
  await client.join();
  await vi.waitFor(() => expect(client.view.get().door).toEqual({ door: "waiting", waiting }));
  await client.admit("k1", true);
  expect(client.view.get().door?.waiting).toEqual([]);
  expect(bodies("/session/moderate/admit")).toEqual([{ sessionId: "1_MX4", token: "T1==", knock: "k1", admits: true }]);
  await client.leave();
});

it("claims a moderator's right when somebody gave it, once", async () => {
  answering({
    "/session/door": [[200, session]],
    "/session/connect": [entry],
    "/session/promoted": [[200, { ...session, token: "T2==" }]],
    "/session/moderate/door": [[200, { door: "open", waiting: [] }]],
  });
  const client = visit();
  await client.join();
  Object.assign(client.room.localParticipant.attributes, { role: "moderator" });
  client.room.emit("participantAttributesChanged" as never, ...([] as never));
  await vi.waitFor(() => expect(client.view.get().door?.door).toBe("open"));
  expect(client.view.get().moderates).toBe(true);
  expect(bodies("/session/promoted")).toEqual([{ sessionId: "1_MX4", accessToken: "mine" }]);
  expect(bodies("/session/moderate/door")[0]).toMatchObject({ token: "T2==" });
  await client.leave();
});
