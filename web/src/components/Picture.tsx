// A video track in a video element.
import type { Track } from "livekit-client";
import { useEffect, useRef } from "react";

interface PictureProps {
  track: Track;
  mirrored?: boolean;
  whole?: boolean;
  label?: string;
}

export function Picture({ track, mirrored = false, whole = false, label }: PictureProps) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    track.attach(video);
    return () => void track.detach(video);
  }, [track]);
  const classes = ["picture", mirrored && "picture-mirrored", whole && "picture-whole"].filter(Boolean).join(" ");
  return <video ref={element} className={classes} aria-label={label} autoPlay playsInline muted />;
}
