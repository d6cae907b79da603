// Tracks before anything is done to them, and whether this browser lets anything be done.

/** Chromium gives pictures one by one, also to a page in the background. Others cannot replace what is in them. */
export function canReplace(): boolean {
  return "MediaStreamTrackProcessor" in globalThis && "MediaStreamTrackGenerator" in globalThis;
}

/** A track as the device gives it, before what is done to it. */
export function rawTrack(track: { mediaStreamTrack: MediaStreamTrack; getProcessor?: () => unknown }): MediaStreamTrack {
  const processor = track.getProcessor?.() as { source?: MediaStreamTrack } | undefined;
  return processor?.source ?? track.mediaStreamTrack;
}
