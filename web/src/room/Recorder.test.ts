// A recording followed from a visit: what is announced, and when its film is said to be ready.
import { EventEmitter } from "node:events";
import { RoomEvent, type Room } from "livekit-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as client from "../api/client";
import type { Archive } from "../api/types";
import { texts } from "../texts";
import { Recorder } from "./Recorder";
import { Toaster } from "./Toaster";

const list = vi.spyOn(client, "listArchives");
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function visit() {
  const room = new EventEmitter() as unknown as Room;
  const toaster = new Toaster();
  const leaving = new AbortController();
  const recorder = new Recorder(room, "Monday", toaster, leaving.signal);
  const tell = (recording: object | null, notice: string | null = null) =>
    (room as unknown as EventEmitter).emit(RoomEvent.RoomMetadataChanged, JSON.stringify({ recording, notice }));
  return { recorder, toaster, leaving, tell };
}
const running = { state: "recording", renderId: "r1", archiveId: "a1", renderedSessionId: "s1", startedAt: 1 };
const film = (status: string, url: string | null) => [{ id: "a1", status, url } as Archive];

it("says that a film is ready once it is, with the way to it", async () => {
  const { recorder, toaster, tell } = visit();
  tell(running);
  expect(recorder.view.get().announcement).toBe(texts.recording.started);
  list.mockResolvedValueOnce(film("stopped", null)).mockResolvedValueOnce(film("available", "/films/a1.mp4"));
  tell(null);
  expect(recorder.view.get().announcement).toBe(texts.recording.stopped);
  await vi.advanceTimersByTimeAsync(0);
  expect(toaster.toasts.get()).toEqual([]);
  await vi.advanceTimersByTimeAsync(5000);
  const [toast] = toaster.toasts.get();
  expect([toast?.text, toast?.link?.href]).toEqual([texts.recording.ready, "/film/a1"]);
});

it("says why a recording failed, and promises no film", async () => {
  const { toaster, tell } = visit();
  list.mockClear();
  tell(running);
  tell(null, "the disk is full");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(toaster.toasts.get().map(({ text }) => text)).toEqual([texts.recording.failed("the disk is full")]);
  expect(list).not.toHaveBeenCalled();
});

it("asks for no film any more after leaving", async () => {
  const { leaving, tell } = visit();
  list.mockClear().mockResolvedValue(film("stopped", null));
  tell(running);
  tell(null);
  await vi.advanceTimersByTimeAsync(0);
  leaving.abort();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(list).toHaveBeenCalledOnce();
});
