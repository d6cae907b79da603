// Calls to the server: what is sent, and how its errors read.
import { afterEach, expect, it, vi } from "vitest";
import { texts } from "../texts";
import { connectSession, listArchives, openSession, startRender } from "./client";

const answering = (body: string, status = 200) => {
  const fetched = vi.fn<typeof fetch>(() => Promise.resolve(new Response(body, { status })));
  vi.stubGlobal("fetch", fetched);
  return fetched;
};
afterEach(() => vi.unstubAllGlobals());

it("writes a room's name into the address", async () => {
  const fetched = answering('{"sessionId": "1_MX4", "token": "T1==", "apiKey": "1"}');
  expect((await openSession("a/b c")).sessionId).toBe("1_MX4");
  expect(fetched.mock.calls[0]?.[0]).toBe("/session/a%2Fb%20c");
});

it("exchanges a token for a connection", async () => {
  const fetched = answering('{"url": "ws://x", "accessToken": "jwt", "role": "publisher"}');
  await connectSession({ sessionId: "1_MX4", token: "T1==", apiKey: "1", roomName: "x", mayRecord: true, linkOpens: true }, "Ann", {});
  expect(fetched.mock.calls[0]?.[1]?.body).toBe('{"sessionId":"1_MX4","token":"T1==","name":"Ann"}');
});

it("shows the server's own words", async () => {
  answering('{"message": "The room is full."}', 403);
  await expect(startRender("x")).rejects.toMatchObject({ message: "The room is full.", status: 403 });
});

it("has words for an error without words", async () => {
  answering("<html>", 502);
  await expect(startRender("x")).rejects.toThrow(texts.errors.unreadable(502));
});

it("does not trust an answer of another shape", async () => {
  answering('{"archives": []}');
  await expect(listArchives("1_MX4")).rejects.toThrow(texts.errors.unreadable(200));
  answering("[{}]");
  await expect(listArchives("1_MX4")).rejects.toThrow(texts.errors.unreadable(200));
});

it("says when the server cannot be reached", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(openSession("x")).rejects.toThrow(texts.errors.network);
});
