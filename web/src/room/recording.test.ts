// What the page knows about a recording, told as metadata and messages come in.
import { describe, expect, it } from "vitest";
import {
  clockText,
  learn,
  nothingKnown,
  parseAnnouncement,
  parseRoomFacts,
  viewRecording,
  type RecordingEvent,
} from "./recording";

const running = { state: "recording", renderId: "r1", archiveId: "a1", renderedSessionId: "2_MX4", startedAt: 1000 };
const metadata = (recording: unknown, notice: unknown = null): RecordingEvent => ({
  type: "metadata",
  text: JSON.stringify({ recording, notice }),
});
const started: RecordingEvent = { type: "archiveStarted", archiveId: "a1", renderedSessionId: "2_MX4", at: 1500 };
const after = (...events: RecordingEvent[]) => viewRecording(events.reduce(learn, nothingKnown));

describe("the metadata of a room", () => {
  it.each([undefined, "", "{", "null", "7", "[]", '{"recording": 3}', '{"recording": {"state": "paused"}}'])(
    "is no recording when it is %j",
    (text) => expect(parseRoomFacts(text).recording).toBeNull(),
  );

  it("keeps a recording whose other fields are missing or odd", () => {
    const text = JSON.stringify({ recording: { state: "starting", renderId: 5, startedAt: "soon" }, notice: "" });
    expect(parseRoomFacts(text)).toEqual({
      recording: { state: "starting", renderId: null, archiveId: null, renderedSessionId: null, startedAt: null },
      notice: null,
      tapped: false,
    });
  });

  it("says why the last recording failed", () => {
    expect(parseRoomFacts('{"recording": null, "notice": "disk full"}').notice).toBe("disk full");
  });
});

describe("an announcement", () => {
  it("splits at the first colon", () => {
    expect(parseAnnouncement("a1:no keyframe: gave up")).toEqual({ archiveId: "a1", rest: "no keyframe: gave up" });
    expect(parseAnnouncement("a1")).toEqual({ archiveId: "a1", rest: "" });
    expect(parseAnnouncement(":x")).toBeNull();
  });
});

describe("the recording of a room", () => {
  it("is idle while nobody said anything", () => expect(after().state).toBe("idle"));

  it("is starting at once for the one who asked", () => {
    expect(after({ type: "asked", what: "starting" }).state).toBe("starting");
    expect(after({ type: "asked", what: "starting" }, { type: "refused" }).state).toBe("idle");
  });

  it("is known to a late joiner from the metadata alone", () => {
    expect(after(metadata(running))).toEqual({ ...running, live: true });
  });

  it("is told of wherever something keeps or shows what is sent", () => {
    expect(after().live).toBe(false);
    expect(after({ type: "metadata", text: '{"recording": null, "tapped": true}' }).live).toBe(true);
    expect(after(metadata({ ...running, state: "starting" })).live).toBe(false);
  });

  it("runs from the announcement on, before the metadata says so", () => {
    const view = after(metadata({ ...running, state: "starting", archiveId: null }), started);
    expect(view).toMatchObject({ state: "recording", archiveId: "a1", startedAt: 1500 });
  });

  it("keeps the announced archive when the metadata does not name it", () => {
    expect(after(started, metadata({ ...running, archiveId: null })).archiveId).toBe("a1");
  });

  it("forgets an announcement when the metadata tells of another recording, or of none", () => {
    expect(after(started, metadata({ ...running, archiveId: null, renderedSessionId: "3_MX4" })).archiveId).toBeNull();
    expect(after(started, metadata(null)).state).toBe("idle");
  });

  it("ends with the message of its own archive only", () => {
    expect(after(started, { type: "archiveStopped", archiveId: "a0" }).state).toBe("recording");
    expect(after(started, { type: "archiveStopped", archiveId: "a1" }).state).toBe("idle");
    expect(after(started, { type: "archiveFailed", archiveId: "a1" }).state).toBe("idle");
  });

  it("stays stopping for the one who asked until the metadata follows", () => {
    const asked: RecordingEvent = { type: "asked", what: "stopping" };
    expect(after(metadata(running), asked).state).toBe("stopping");
    expect(after(metadata(running), asked, metadata(running)).state).toBe("stopping");
    expect(after(metadata(running), asked, metadata({ ...running, state: "stopping" })).state).toBe("stopping");
    expect(after(metadata(running), asked, metadata(null)).state).toBe("idle");
    expect(after(metadata(running), asked, { type: "refused" }).state).toBe("recording");
  });
});

describe("the running time", () => {
  it.each([
    [-500, "0:00"],
    [12_999, "0:12"],
    [723_000, "12:03"],
    [3_723_000, "1:02:03"],
  ])("of %i ms reads %s", (ms, text) => expect(clockText(ms)).toBe(text));
});
