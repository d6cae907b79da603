// How loud one's own microphone is, so that one sees it works.
import { useTrackVolume } from "@livekit/components-react";
import type { LocalAudioTrack } from "livekit-client";
import { texts } from "../texts";
import "./LevelMeter.css";

const BARS = 14;
/** Bands that quiet speech reaches, too. */
const ANALYSER = { fftSize: 256, smoothingTimeConstant: 0.6 };

export function LevelMeter({ track }: { track: LocalAudioTrack | null }) {
  const volume = useTrackVolume(track ?? undefined, ANALYSER);
  // The root spreads quiet speech over the meter.
  const level = track ? Math.min(1, Math.sqrt(volume) * 1.1) : 0;
  return (
    <div
      className="level"
      style={{ "--level": level }}
      role="meter"
      aria-label={texts.form.level}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(level * 100)}
      data-testid="level"
    >
      {Array.from({ length: BARS }, (_, n) => (
        <span key={n} style={{ "--at": n / BARS }} />
      ))}
    </div>
  );
}
