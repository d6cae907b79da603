// OpenTok's connections and streams, read from LiveKit's participants and what they publish; src/reelroom/opentok/streams.py
// reads them in the same way.
import { streamIdOfTrack } from "./streamId";
import { Track, type Participant, type TrackPublication } from "livekit-client";

export interface Connection {
  readonly connectionId: string;
  readonly id: string;
  readonly creationTime: number;
  readonly data: string;
}

export type VideoType = "camera" | "screen" | "custom" | undefined;

export interface Look {
  name: string;
  hasAudio: boolean;
  hasVideo: boolean;
  hasCaptions: boolean;
  videoType: VideoType;
  videoDimensions: { width: number; height: number };
}

export interface Stream extends Look {
  readonly streamId: string;
  readonly id: string;
  readonly connection: Connection;
  readonly creationTime: number;
  readonly frameRate: number; // not known of others' streams: the usual one
  readonly initials: string;
}

/** The two publishers that a participant can have. */
export type Kind = "camera" | "screen";

export interface Tracks<P extends TrackPublication = TrackPublication> {
  audio: P | undefined;
  video: P | undefined;
}

export function connectionOf({ identity, joinedAt, metadata }: Pick<Participant, "identity"> & Partial<Pick<Participant, "joinedAt" | "metadata">>): Connection {
  return { connectionId: identity, id: identity, creationTime: joinedAt?.getTime() ?? Date.now(), data: metadata ?? "" };
}

/** Camera and microphone belong together, a screen and its sound too. */
export function kindOf(source: Track.Source): Kind {
  return source === Track.Source.ScreenShare || source === Track.Source.ScreenShareAudio ? "screen" : "camera";
}

export function tracksOf<P extends TrackPublication>(publications: Iterable<P>, kind: Kind): Tracks<P> {
  const own = [...publications].filter(({ source }) => kindOf(source) === kind);
  return {
    audio: own.find((each) => each.kind === Track.Kind.Audio),
    video: own.find((each) => each.kind === Track.Kind.Video),
  };
}

/** A UUID made of the video track's id, or of the audio track's where there is no picture; undefined where there is neither. */
export function streamIdOf({ audio, video }: Tracks): string | undefined {
  const track = (video ?? audio)?.trackSid;
  return track === undefined ? undefined : streamIdOfTrack(track);
}

/** Every id that a stream of these tracks may go by: it had another one before its picture came. */
export function streamIdsOf({ audio, video }: Tracks): string[] {
  return [audio, video].flatMap((each) => (each?.trackSid === undefined ? [] : [streamIdOfTrack(each.trackSid)]));
}

/** The attribute of who lets captions be made of what they say. */
const CAPTIONED = "captionsPublished";

export function captionedBy({ attributes }: Partial<Pick<Participant, "attributes">>): boolean {
  return attributes?.[CAPTIONED] === "yes";
}

/** How a stream looks now. A camera goes by its participant's name, a screen by the one that its publisher gave it. */
export function lookOf({ audio, video }: Tracks, kind: Kind, participantName: string, captioned = false): Look {
  const { width = 0, height = 0 } = video?.dimensions ?? {};
  const given = (video ?? audio)?.trackName;
  return {
    name: (kind === "screen" ? given || participantName : participantName || given) ?? "",
    hasAudio: audio !== undefined && !audio.isMuted,
    hasVideo: video !== undefined && !video.isMuted,
    hasCaptions: captioned && kind === "camera" && audio !== undefined,
    videoType: video === undefined ? undefined : kind === "screen" ? "screen" : video.source === Track.Source.Camera ? "camera" : "custom",
    videoDimensions: { width, height },
  };
}

export interface Change {
  changedProperty: "hasAudio" | "hasCaptions" | "hasVideo" | "videoDimensions";
  oldValue: unknown;
  newValue: unknown;
}

/** Brings a stream up to date, and says what OpenTok announces of that. */
export function update(stream: Stream, look: Look): Change[] {
  const changes: Change[] = [];
  const note = (changedProperty: Change["changedProperty"], oldValue: unknown, newValue: unknown) =>
    changes.push({ changedProperty, oldValue, newValue });
  if (stream.hasAudio !== look.hasAudio) note("hasAudio", stream.hasAudio, look.hasAudio);
  if (stream.hasCaptions !== look.hasCaptions) note("hasCaptions", stream.hasCaptions, look.hasCaptions);
  if (stream.hasVideo !== look.hasVideo) note("hasVideo", stream.hasVideo, look.hasVideo);
  const [was, is] = [stream.videoDimensions, look.videoDimensions];
  if (was.width !== is.width || was.height !== is.height) note("videoDimensions", was, is);
  Object.assign(stream, look);
  return changes;
}
