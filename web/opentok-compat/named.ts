// Values and types under the names that OpenTok gives them.
export type * from "./contract/properties";
export type * from "./contract/stats";
export type { Event, ExceptionEvent, OTEventEmitter, VideoDimensionsChangedEvent } from "./contract/objects";
export * from "./OT";
