// A picture of somebody in a room, or of one's own camera before there is a room.
import { VideoTrack, type TrackReference } from "@livekit/components-react";
import type { LocalVideoTrack } from "livekit-client";
import { useEffect, useRef } from "react";

interface PictureProps {
  track: TrackReference;
  mirrored?: boolean;
  whole?: boolean;
  label?: string;
}

export function Picture({ track, mirrored = false, whole = false, label }: PictureProps) {
  const classes = ["picture", mirrored && "picture-mirrored", whole && "picture-whole"].filter(Boolean).join(" ");
  return <VideoTrack trackRef={track} className={classes} aria-label={label} autoPlay playsInline />;
}

export function OwnPicture({ track, label }: { track: LocalVideoTrack; label: string }) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    track.attach(video);
    return () => void track.detach(video);
  }, [track]);
  return <video ref={element} className="picture picture-mirrored" aria-label={label} autoPlay playsInline muted />;
}
