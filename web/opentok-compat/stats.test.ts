import { ConnectionQuality } from "livekit-client";
import { expect, test } from "vitest";
import { publisherStats, subscriberStats } from "./stats";

/** A report as browsers give it: entries by their ids. */
function report(...entries: Record<string, unknown>[]): Map<string, unknown> {
  return new Map(entries.map((entry, at) => [typeof entry["id"] === "string" ? entry["id"] : String(at), entry]));
}

const codec = { id: "c", type: "codec", mimeType: "video/VP8" };
const pair = { type: "candidate-pair", nominated: true, availableOutgoingBitrate: 900_000, availableIncomingBitrate: 700_000 };
const audio = report({ type: "inbound-rtp", bytesReceived: 500, packetsReceived: 10, packetsLost: 1 });

test("what is received is counted, and its rate is since the time before", () => {
  const video = (bytesReceived: number) =>
    report(codec, pair, { type: "inbound-rtp", codecId: "c", bytesReceived, packetsReceived: 90, packetsLost: 2, framesPerSecond: 24, frameWidth: 640, frameHeight: 480 });
  const first = subscriberStats(audio, video(10_000), undefined, ConnectionQuality.Excellent, 1000);
  expect(first).toMatchObject({
    audio: { bytesReceived: 500, packetsReceived: 10, packetsLost: 1 },
    video: { codec: "VP8", width: 640, height: 480, frameRate: 24, bitrate: 0 },
    mediaLink: { transport: { connectionEstimatedBandwidth: 700_000, networkCondition: "excellent", networkConditionReason: "none" }, networkDegradationSource: "none" },
    timestamp: 1000,
  });
  expect(subscriberStats(audio, video(35_000), first, ConnectionQuality.Poor, 3000)).toMatchObject({
    video: { bitrate: 100_000 }, // 25 kB in 2 s
    mediaLink: { transport: { networkCondition: "warning" } },
  });
});

test("what is not there counts nothing", () => {
  const none = subscriberStats(undefined, undefined, undefined, ConnectionQuality.Unknown, 1);
  expect(none.video).toMatchObject({ codec: "", width: 0, bytesReceived: 0 });
  expect(publisherStats(undefined, undefined, undefined, ConnectionQuality.Unknown, 1).video).toEqual({ bytesSent: 0, packetsLost: 0, packetsSent: 0, frameRate: 0, layers: [] });
});

test("what is sent is the sum of its layers, and its frame rate the largest one's", () => {
  const layer = (frameHeight: number, active: boolean, framesPerSecond: number) => ({
    ...{ type: "outbound-rtp", id: `l${frameHeight}`, codecId: "c", active, frameHeight, frameWidth: frameHeight * 2, framesPerSecond },
    ...{ bytesSent: 1000, packetsSent: 5, targetBitrate: 200_000.4, qualityLimitationReason: "cpu" },
  });
  const video = report(codec, pair, layer(180, true, 15), layer(360, true, 30), layer(720, false, 0), { type: "remote-inbound-rtp", packetsLost: 3 });
  const stats = publisherStats(undefined, video, undefined, ConnectionQuality.Good, 5);
  expect(stats.video).toMatchObject({ bytesSent: 3000, packetsSent: 15, packetsLost: 3, frameRate: 30 });
  expect(stats.video.layers?.map(({ height, bitrate, qualityLimitationReason }) => [height, bitrate, qualityLimitationReason])).toEqual([
    [180, 200_000, "cpu"],
    [360, 200_000, "cpu"],
  ]);
  expect(stats.transportStats).toEqual({ connectionEstimatedBandwidth: 900_000, networkCondition: "good", networkConditionReason: "none" });
});
