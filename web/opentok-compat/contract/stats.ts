// How media fares: counters since the beginning, rates of the last moment, in the shapes of @opentok/client 2.35.

export interface IncomingTrackStats {
  bytesReceived: number;
  packetsLost: number;
  packetsReceived: number;
}

export interface OutgoingTrackStats {
  bytesSent: number;
  packetsLost: number;
  packetsSent: number;
}

export type CpuPerformanceState = "nominal" | "fair" | "serious" | "critical";
export type NetworkCondition = "unknown" | "critical" | "warning" | "fair" | "good" | "excellent";
export type NetworkConditionReason = "none" | "unknown" | "bandwidth" | "packetLoss";
export type NetworkDegradationSource = "none" | "bothOrUnclear" | "local" | "remote";
export type VideoQualityReason = "none" | "bandwidth" | "cpu" | "other" | "resolutionChange" | "codecChange" | "videoInterruption";

export interface QualityScore {
  audioQualityScore?: number;
  videoQualityScore?: number;
}

export interface TransportStats {
  connectionEstimatedBandwidth: number; // bits a second
  networkCondition: NetworkCondition;
  networkConditionReason: NetworkConditionReason;
}

export interface SenderStats {
  connectionMaxAllocatedBitrate: number;
  connectionEstimatedBandwidth: number;
}

export interface SubscriberVideoStats extends IncomingTrackStats {
  codec: string;
  width: number;
  height: number;
  bitrate: number; // bits a second
  totalBitrate: number;
  frameRate: number;
  decodedFrameRate: number;
  pauseCount?: number;
  totalPausesDuration?: number;
  freezeCount?: number;
  totalFreezesDuration?: number;
}

export interface SubscriberMediaLink {
  transport: TransportStats;
  remotePublisherTransport: TransportStats;
  networkDegradationSource: NetworkDegradationSource;
}

export interface SubscriberStats {
  audio: IncomingTrackStats;
  video: SubscriberVideoStats;
  mediaLink: SubscriberMediaLink;
  senderStats?: SenderStats;
  timestamp: number; // ms since the epoch
}

export interface VideoLayerStats {
  codec: string;
  width: number;
  height: number;
  encodedFrameRate: number;
  bitrate: number;
  totalBitrate: number;
  scalabilityMode?: string;
  qualityLimitationReason?: VideoQualityReason;
}

export interface PublisherVideoStats extends OutgoingTrackStats {
  frameRate: number;
  layers?: VideoLayerStats[];
}

export interface PublisherMediaLink {
  transport: TransportStats;
}

export interface PublisherStats {
  audio: OutgoingTrackStats;
  video: PublisherVideoStats;
  mediaLink: PublisherMediaLink;
  timestamp: number;
  transportStats: TransportStats;
}

/** A session through a server has one sender, whoever subscribes: no ids. */
export interface PublisherStatContainer {
  subscriberId?: string;
  connectionId?: string;
  stats: PublisherStats;
}

export interface PublisherRtcStatsReportContainer {
  subscriberId?: string;
  connectionId?: string;
  rtcStatsReport: RTCStatsReport;
}

export type PublisherStatsArr = PublisherStatContainer[];
export type PublisherRtcStatsReportArr = PublisherRtcStatsReportContainer[];
