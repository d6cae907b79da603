// OpenTok's statistics, read from the browser's own: pure.
import { ConnectionQuality } from "livekit-client";
import type {
  IncomingTrackStats,
  NetworkCondition,
  OutgoingTrackStats,
  PublisherStats,
  SubscriberStats,
  TransportStats,
  VideoLayerStats,
  VideoQualityReason,
} from "./contract/stats";

type Entry = Record<string, unknown> & { id: string; type: string };
/** Of a track that there is not, nothing. */
export type Report = ReadonlyMap<string, unknown> | undefined;

const CONDITIONS: Record<ConnectionQuality, NetworkCondition> = {
  [ConnectionQuality.Excellent]: "excellent",
  [ConnectionQuality.Good]: "good",
  [ConnectionQuality.Poor]: "warning",
  [ConnectionQuality.Lost]: "critical",
  [ConnectionQuality.Unknown]: "unknown",
};

export function conditionOf(quality: ConnectionQuality): NetworkCondition {
  return CONDITIONS[quality];
}

export function subscriberStats(audio: Report, video: Report, before: SubscriberStats | undefined, quality: ConnectionQuality, now: number): SubscriberStats {
  const entry = one(video, "inbound-rtp");
  const counted = incoming(video);
  const bitrate = rate(counted.bytesReceived, before?.video.bytesReceived, now, before?.timestamp);
  const frameRate = number(entry, "framesPerSecond");
  return {
    audio: incoming(audio),
    video: {
      ...counted,
      codec: codec(video, entry),
      width: number(entry, "frameWidth"),
      height: number(entry, "frameHeight"),
      bitrate,
      totalBitrate: bitrate,
      frameRate,
      decodedFrameRate: frameRate,
      pauseCount: number(entry, "pauseCount"),
      totalPausesDuration: number(entry, "totalPausesDuration"),
      freezeCount: number(entry, "freezeCount"),
      totalFreezesDuration: number(entry, "totalFreezesDuration"),
    },
    mediaLink: {
      transport: transport(video ?? audio, "availableIncomingBitrate", quality),
      remotePublisherTransport: { connectionEstimatedBandwidth: 0, networkCondition: "unknown", networkConditionReason: "unknown" },
      networkDegradationSource: isGood(quality) ? "none" : "bothOrUnclear",
    },
    timestamp: now,
  };
}

export function publisherStats(audio: Report, video: Report, before: PublisherStats | undefined, quality: ConnectionQuality, now: number): PublisherStats {
  const all = many(video, "outbound-rtp").filter((each) => each["active"] !== false);
  const largest = [...all].sort((a, b) => number(b, "frameHeight") - number(a, "frameHeight"))[0];
  const link = transport(video ?? audio, "availableOutgoingBitrate", quality);
  const layers = all.map((each): VideoLayerStats => {
    const bitrate = Math.round(number(each, "targetBitrate"));
    return {
      codec: codec(video, each),
      width: number(each, "frameWidth"),
      height: number(each, "frameHeight"),
      encodedFrameRate: number(each, "framesPerSecond"),
      bitrate,
      totalBitrate: bitrate,
      ...(typeof each["scalabilityMode"] === "string" ? { scalabilityMode: each["scalabilityMode"] } : {}),
      qualityLimitationReason: (each["qualityLimitationReason"] ?? "none") as VideoQualityReason,
    };
  });
  // One layer's share of what was really sent is known; of several, only what each of them aims at.
  const [only] = layers;
  const sent = outgoing(video);
  if (only && layers.length === 1 && before) only.totalBitrate = rate(sent.bytesSent, before.video.bytesSent, now, before.timestamp);
  return {
    audio: outgoing(audio),
    video: { ...sent, frameRate: number(largest, "framesPerSecond"), layers },
    mediaLink: { transport: link },
    transportStats: link,
    timestamp: now,
  };
}

function incoming(report: Report): IncomingTrackStats {
  const entry = one(report, "inbound-rtp");
  return {
    bytesReceived: number(entry, "bytesReceived"),
    packetsLost: number(entry, "packetsLost"),
    packetsReceived: number(entry, "packetsReceived"),
  };
}

function outgoing(report: Report): OutgoingTrackStats {
  const sent = many(report, "outbound-rtp");
  return {
    bytesSent: sum(sent, "bytesSent"),
    packetsLost: sum(many(report, "remote-inbound-rtp"), "packetsLost"),
    packetsSent: sum(sent, "packetsSent"),
  };
}

function transport(report: Report, bandwidth: string, quality: ConnectionQuality): TransportStats {
  const pair = many(report, "candidate-pair").find((each) => each["nominated"] === true || each["selected"] === true);
  return {
    connectionEstimatedBandwidth: number(pair, bandwidth),
    networkCondition: conditionOf(quality),
    networkConditionReason: isGood(quality) ? "none" : "unknown",
  };
}

function isGood(quality: ConnectionQuality): boolean {
  return quality === ConnectionQuality.Excellent || quality === ConnectionQuality.Good;
}

/** Bits a second since the time before; 0 the first time. */
function rate(bytes: number, before: number | undefined, now: number, then: number | undefined): number {
  if (before === undefined || then === undefined || now <= then) return 0;
  return Math.max(0, Math.round(((bytes - before) * 8000) / (now - then)));
}

/** `VP8`, as in `video/VP8`. */
function codec(report: Report, entry: Entry | undefined): string {
  const found = report?.get(String(entry?.["codecId"])) as { mimeType?: string } | undefined;
  return found?.mimeType?.split("/")[1] ?? "";
}

function many(report: Report, type: string): Entry[] {
  return [...(report?.values() ?? [])].filter((each): each is Entry => (each as Entry).type === type);
}

function one(report: Report, type: string): Entry | undefined {
  return many(report, type)[0];
}

function number(entry: Entry | undefined, name: string): number {
  const value = entry?.[name];
  return typeof value === "number" ? value : 0;
}

function sum(entries: readonly Entry[], name: string): number {
  return entries.reduce((all, entry) => all + number(entry, name), 0);
}
