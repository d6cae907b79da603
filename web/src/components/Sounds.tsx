// Everything that is to be heard in a room; nothing of it is to be seen.
import type { Track } from "livekit-client";
import { useEffect, useRef } from "react";

export function Sounds({ tracks }: { tracks: readonly Track[] }) {
  return (
    <div hidden>
      {tracks.map((track) => (
        <Sound key={track.mediaStreamTrack.id} track={track} />
      ))}
    </div>
  );
}

function Sound({ track }: { track: Track }) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    track.attach(audio);
    return () => void track.detach(audio);
  }, [track]);
  return <audio ref={element} autoPlay />;
}
