import { Track, type RemoteParticipant, type RemoteTrackPublication } from "livekit-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Roster } from "./Roster";
import { streamIdOfTrack } from "./streamId";

const TRACKS = ["A1", "A2", "V1", "V2"];
const trackOf = (streamId: string) => TRACKS.find((track) => streamIdOfTrack(track) === streamId);

/** A participant whose tracks the test sets, and what the roster tells of them. */
function meet() {
  const heard: string[] = [];
  const publications = new Map<string, RemoteTrackPublication>();
  const participant = { identity: "ann", name: "", trackPublications: publications } as unknown as RemoteParticipant;
  const roster = new Roster({
    connectionCreated: ({ connectionId }) => heard.push(`+${connectionId}`),
    connectionDestroyed: ({ connectionId }) => heard.push(`-${connectionId}`),
    streamCreated: ({ streamId }) => heard.push(`+${trackOf(streamId)}`),
    streamDestroyed: ({ streamId }) => heard.push(`-${trackOf(streamId)}`),
    streamChanged: ({ streamId }, { changedProperty }) => heard.push(`${trackOf(streamId)}.${changedProperty}`),
    tracksChanged: () => undefined,
  });
  const publish = (...sids: string[]) => {
    publications.clear();
    for (const trackSid of sids) {
      const [kind, source] = trackSid.startsWith("A") ? [Track.Kind.Audio, Track.Source.Microphone] : [Track.Kind.Video, Track.Source.Camera];
      publications.set(trackSid, { trackSid, kind, source, isMuted: false, trackName: "" } as unknown as RemoteTrackPublication);
    }
    roster.look(participant);
  };
  return { heard, roster, participant, publish };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("sound waits a moment for its picture, so that one stream is announced", () => {
  const { heard, publish } = meet();
  publish("A1");
  publish("A1", "V1");
  vi.runAllTimers();
  expect(heard).toEqual(["+ann", "+V1"]);
});

test("sound alone is a stream after a moment, and stays the same one when a picture comes", () => {
  const { heard, publish } = meet();
  publish("A1");
  vi.runAllTimers();
  publish("A1", "V1");
  expect(heard).toEqual(["+ann", "+A1", "A1.hasVideo"]);
});

test("another picture in the place of the first is another stream", () => {
  const { heard, publish } = meet();
  publish("A1", "V1");
  publish("V2");
  expect(heard).toEqual(["+ann", "+V1", "-V1", "+V2"]);
});

test("who leaves takes their streams along, and nothing comes afterwards", () => {
  const { heard, publish, roster, participant } = meet();
  publish("V1");
  roster.leave(participant);
  expect(heard).toEqual(["+ann", "+V1", "-V1", "-ann"]);
  publish("A2");
  roster.leave(participant);
  vi.runAllTimers();
  expect(heard.slice(4)).toEqual(["+ann", "-ann"]);
});
