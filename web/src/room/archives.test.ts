// When the list of recordings is asked for again, and which links stay.
import { expect, it } from "vitest";
import type { Archive } from "../api/types";
import { isFinal, keepLinks, keepPolling, recordedSince, sizeText } from "./archives";

const archive = (change: Partial<Archive>): Archive => ({
  id: "a1",
  status: "started",
  name: "Monday",
  reason: "",
  sessionId: "2_MX4",
  projectId: 1,
  partnerId: 1,
  createdAt: 0,
  updatedAt: 0,
  size: 0,
  duration: 0,
  outputMode: "composed",
  hasAudio: true,
  hasVideo: true,
  sha256sum: "",
  password: "",
  resolution: "1280x720",
  event: "archive",
  url: null,
  tracksUrl: null,
  timelineUrl: null,
  speakersUrl: null,
  chaptersUrl: null,
  posterUrl: null,
  mayShare: false,
  restorableUntil: null,
  thumbnailsUrl: null,
  chatUrl: null,
  transcriptUrl: null,
  transcriptTextUrl: null,
  captionsUrl: null,
  subtitlesUrl: null,
  summaryUrl: null,
  transcript: null,
  progress: null,
  recutOf: null,
  mayEdit: true,
  ...change,
});
const ready = archive({ id: "a0", status: "available", url: "/film?sig=1" });

it("is over when it failed, or when there is a film", () => {
  expect(isFinal(ready)).toBe(true);
  expect(isFinal(archive({ status: "failed" }))).toBe(true);
  expect(isFinal(archive({ status: "stopped" }))).toBe(false);
  expect(isFinal(archive({ status: "uploaded" }))).toBe(true);
  const transcript = { status: "started", reason: "", language: "", progress: 0.5, summary: null, canSumUp: false } as const;
  expect(isFinal({ ...ready, transcript })).toBe(false);
  expect(isFinal({ ...ready, transcript: { ...transcript, status: "failed" } })).toBe(true);
  const summary = { status: "requested", reason: "", outdated: false } as const;
  expect(isFinal({ ...ready, transcript: { ...transcript, status: "available", summary } })).toBe(false);
  expect(isFinal({ ...ready, transcript: { ...transcript, status: "available", summary: { ...summary, status: "failed" } } })).toBe(true);
});

it("asks again while one of them is not over", () => {
  expect(keepPolling([ready], 0)).toBe(false);
  expect(keepPolling([ready, archive({})], 1e9)).toBe(true);
});

it("waits some seconds for a first recording", () => {
  expect(keepPolling([], 5_000)).toBe(true);
  expect(keepPolling([], 60_000)).toBe(false);
});

it("keeps the first link of each film", () => {
  const first = keepLinks(new Map(), [ready, archive({})]);
  expect([...first]).toEqual([["a0", "/film?sig=1"]]);
  const second = keepLinks(first, [{ ...ready, url: "/film?sig=2" }, archive({ url: "/b?sig=3" })]);
  expect([...second]).toEqual([
    ["a0", "/film?sig=1"],
    ["a1", "/b?sig=3"],
  ]);
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [2_149_000, "2.1 MB"],
  [99_960_000, "100 MB"],
  [3_400_000_000, "3.4 GB"],
])("shows %i bytes as %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));

it("shows what was recorded during a visit, and no more", () => {
  const at = (id: string, createdAt: number, duration: number, status = "available") => ({ id, createdAt, duration, status }) as Archive;
  const all = [at("before", 1000, 5), at("across", 8000, 5), at("after", 20_000, 1), at("still", 2000, 0, "started")];
  expect(recordedSince(all, 10_000).map(({ id }) => id)).toEqual(["across", "after", "still"]);
});
