// The people of a LiveKit room as plain values for the screen.
import type { TrackReference } from "@livekit/components-react";
import {
  ConnectionQuality,
  ParticipantKind,
  Track,
  type Participant,
  type RemoteParticipant,
  type Room,
  type TrackPublication,
} from "livekit-client";
import { texts } from "../texts";

/** How well somebody is connected. */
export type Quality = "good" | "weak" | "lost";

export interface Person {
  identity: string;
  name: string;
  isLocal: boolean;
  speaking: boolean;
  muted: boolean;
  quality: Quality;
  /** Since when (ms since 1970) the hand is up. */
  hand: number | null;
  /** The id of the microphone's track, for those who may mute it. */
  microphoneSid: string | null;
  /** The picture, while there is one. */
  camera: TrackReference | null;
  screen: TrackReference | null;
  /** Whether a moderator made them one, too. */
  promoted: boolean;
  /** What they said of being recorded; null where nobody asks. */
  consent: Consent | null;
}

/** By which a tile with somebody's screen is known; one with their face is by their identity. */
export const screenKey = (identity: string) => `screen ${identity}`;

export type Consent = "asked" | "given" | "declined";

const consentOf = ({ attributes }: Participant): Consent | null => {
  const said = attributes["consent"];
  return said === "asked" || said === "given" || said === "declined" ? said : null;
};

const qualities: Partial<Record<ConnectionQuality, Quality>> = {
  [ConnectionQuality.Poor]: "weak",
  [ConnectionQuality.Lost]: "lost",
};

const live = (participant: Participant, publication: TrackPublication | undefined): TrackReference | null =>
  publication?.track && !publication.isMuted ? { participant, publication, source: publication.source } : null;

/** `lost`: from whom nothing arrives at the moment. */
export function personOf(participant: Participant, hands: ReadonlyMap<string, number>, lost?: ReadonlySet<string>): Person {
  const microphone =
    participant.getTrackPublication(Track.Source.Microphone) ??
    [...participant.audioTrackPublications.values()].find(({ source }) => source !== Track.Source.ScreenShareAudio);
  const other = [...participant.videoTrackPublications.values()].find(
    ({ source }) => source !== Track.Source.Camera && source !== Track.Source.ScreenShare,
  );
  return {
    identity: participant.identity,
    name: participant.name || texts.call.guest,
    isLocal: participant.isLocal,
    speaking: participant.isSpeaking,
    muted: !microphone || microphone.isMuted,
    quality: lost?.has(participant.identity) ? "lost" : (qualities[participant.connectionQuality] ?? "good"),
    hand: hands.get(participant.identity) ?? null,
    microphoneSid: microphone?.trackSid ?? null,
    camera: live(participant, participant.getTrackPublication(Track.Source.Camera) ?? other),
    screen: live(participant, participant.getTrackPublication(Track.Source.ScreenShare)),
    promoted: participant.attributes["role"] === "moderator",
    consent: consentOf(participant),
  };
}

/** Whoever was let in as a recorder: the server's word, which no name and nobody's own attribute makes. */
export const isRecorder = ({ kind }: RemoteParticipant): boolean => kind === ParticipantKind.EGRESS;

/** The names of the recorders that receive what is sent here. */
export function recordersIn(room: Room): string[] {
  return [...room.remoteParticipants.values()].filter(isRecorder).map(({ name }) => name || texts.people.recorder);
}

/** Everybody else, in the order they came; nobody who receives is left out. */
export function othersIn(room: Room, hands: ReadonlyMap<string, number>, lost?: ReadonlySet<string>): Person[] {
  return [...room.remoteParticipants.values()]
    .filter((participant) => !isRecorder(participant))
    .sort((a, b) => (a.joinedAt?.getTime() ?? 0) - (b.joinedAt?.getTime() ?? 0))
    .map((participant) => personOf(participant, hands, lost));
}
