// The picture that stays over other windows: always whoever is large in the call.
import { VideoTrack, type TrackReference } from "@livekit/components-react";
import type { RefObject } from "react";

/** Invisible itself; the browser shows it outside of the page once it is asked to. */
export function PipPicture({ track, element }: { track: TrackReference | null; element: RefObject<HTMLVideoElement | null> }) {
  return track && <VideoTrack ref={element} trackRef={track} className="pip-picture" aria-hidden="true" tabIndex={-1} autoPlay playsInline />;
}
