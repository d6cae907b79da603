import { Track, type TrackPublication } from "livekit-client";
import { expect, test } from "vitest";
import { newStream } from "./Roster";
import { messageOf } from "./signals";
import { streamIdOfTrack } from "./streamId";
import { connectionOf, lookOf, streamIdOf, tracksOf, update } from "./streams";

function publication(trackSid: string, source: Track.Source, more: Partial<TrackPublication> = {}): TrackPublication {
  const sound = source === Track.Source.Microphone || source === Track.Source.ScreenShareAudio;
  return { trackSid, source, kind: sound ? Track.Kind.Audio : Track.Kind.Video, isMuted: false, trackName: "", ...more } as unknown as TrackPublication;
}

const microphone = publication("TR_A", Track.Source.Microphone);
const camera = publication("TR_V", Track.Source.Camera, { dimensions: { width: 640, height: 480 } });
const screen = publication("TR_S", Track.Source.ScreenShare);

test("a connection is a participant, its data their metadata", () => {
  const participant = { identity: "p1", joinedAt: new Date(1700000000000), metadata: "name=Ann" };
  expect(connectionOf(participant)).toEqual({ connectionId: "p1", id: "p1", creationTime: 1700000000000, data: "name=Ann" });
});

test("camera and microphone are one stream, a screen another; the picture gives the id", () => {
  const all = [microphone, screen, camera];
  expect(streamIdOf(tracksOf(all, "camera"))).toBe("3b15d995-1920-5211-b0e7-7a093d679bf1");
  expect(streamIdOf(tracksOf(all, "screen"))).toBe(streamIdOfTrack("TR_S"));
  expect(streamIdOf(tracksOf([microphone], "camera"))).toBe(streamIdOfTrack("TR_A"));
  expect(streamIdOf(tracksOf([microphone], "screen"))).toBeUndefined();
});

test("a stream looks as its tracks do", () => {
  expect(lookOf({ audio: microphone, video: camera }, "camera", "Ann")).toEqual({
    name: "Ann",
    hasAudio: true,
    hasVideo: true,
    hasCaptions: false,
    videoType: "camera",
    videoDimensions: { width: 640, height: 480 },
  });
  expect(lookOf({ audio: undefined, video: screen }, "screen", "")).toMatchObject({ hasAudio: false, videoType: "screen" });
  expect(lookOf({ audio: microphone, video: undefined }, "camera", "").videoType).toBeUndefined();
  const drawn = publication("TR_C", Track.Source.Unknown, { trackName: "board" });
  expect(lookOf({ audio: undefined, video: drawn }, "camera", "")).toMatchObject({ name: "board", videoType: "custom" });
});

test("what changes is said once, and is in the stream", () => {
  const tracks = { audio: microphone, video: camera };
  const stream = newStream("TR_V", connectionOf({ identity: "p1" }), tracks, "camera");
  const muted = { audio: publication("TR_A", Track.Source.Microphone, { isMuted: true }), video: camera };
  expect(update(stream, lookOf(muted, "camera", ""))).toEqual([{ changedProperty: "hasAudio", oldValue: true, newValue: false }]);
  expect(stream.hasAudio).toBe(false);
  expect(update(stream, lookOf(muted, "camera", ""))).toEqual([]);
});

test("a signal is text under its type, within OpenTok's limits", () => {
  expect(messageOf({ type: "chat", data: "hello", to: connectionOf({ identity: "p1" }) })).toEqual({ type: "chat", text: "hello", to: "p1" });
  expect(messageOf({ data: { n: 1 } })).toEqual({ type: "", text: '{"n":1}', to: undefined });
  expect(() => messageOf({ type: "a:b" })).toThrow(expect.objectContaining({ code: 400 }));
  expect(() => messageOf({ type: "t".repeat(129) })).toThrow(expect.objectContaining({ code: 413 }));
  expect(() => messageOf({ data: "ü".repeat(4097) })).toThrow(expect.objectContaining({ code: 413 }));
});
