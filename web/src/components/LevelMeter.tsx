// How loud one's own microphone is, so that one sees it works.
import { createAudioAnalyser, type LocalAudioTrack } from "livekit-client";
import { useEffect, useRef } from "react";
import { texts } from "../texts";
import "./LevelMeter.css";

const BARS = 14;

export function LevelMeter({ track }: { track: LocalAudioTrack | null }) {
  const meter = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!track) return;
    const { calculateVolume, cleanup } = createAudioAnalyser(track, { cloneTrack: true, smoothingTimeConstant: 0.6 });
    const timer = setInterval(() => {
      // The root spreads quiet speech over the meter.
      const level = Math.min(1, Math.sqrt(calculateVolume()) * 1.1);
      meter.current?.style.setProperty("--level", String(level));
      meter.current?.setAttribute("aria-valuenow", String(Math.round(level * 100)));
    }, 60);
    const element = meter.current;
    return () => {
      clearInterval(timer);
      element?.style.setProperty("--level", "0");
      void cleanup();
    };
  }, [track]);
  return (
    <div
      ref={meter}
      className="level"
      role="meter"
      aria-label={texts.form.level}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
      data-testid="level"
    >
      {Array.from({ length: BARS }, (_, n) => (
        <span key={n} style={{ "--at": n / BARS }} />
      ))}
    </div>
  );
}
