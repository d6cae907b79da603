// The picture that stays over other windows: always whoever is large in the call.
import type { Track } from "livekit-client";
import { useEffect, type RefObject } from "react";

/** Invisible itself; the browser shows it outside of the page once it is asked to. */
export function PipPicture({ track, element }: { track: Track | null; element: RefObject<HTMLVideoElement | null> }) {
  useEffect(() => {
    const video = element.current;
    if (!video || !track) return;
    track.attach(video);
    return () => void track.detach(video);
  }, [track, element]);
  return <video ref={element} className="pip-picture" aria-hidden="true" tabIndex={-1} autoPlay playsInline muted />;
}
