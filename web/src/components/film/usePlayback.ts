// What a player does at the moment, and what it can be told to do.
import { useEffect, useMemo, useState } from "react";
import type { Player } from "../useFilm";

export interface Playback {
  playing: boolean;
  /** Seconds; 0 until it is known. */
  length: number;
  /** Up to where (s) the film has arrived, from where it plays. */
  loaded: number;
  rate: number;
  volume: number;
  muted: boolean;
  /** It waits for what has not arrived. */
  waiting: boolean;
}

export interface Playing extends Playback {
  toggle: () => void;
  go: (seconds: number) => void;
  by: (seconds: number) => void;
  setRate: (rate: number) => void;
  setVolume: (volume: number) => void;
  mute: (muted: boolean) => void;
}

const still: Playback = { playing: false, length: 0, loaded: 0, rate: 1, volume: 1, muted: false, waiting: false };
const EVENTS = ["play", "pause", "ended", "durationchange", "progress", "ratechange", "volumechange", "waiting", "playing", "seeked", "emptied"];

function read(film: HTMLVideoElement): Playback {
  const { paused, duration, buffered, currentTime, playbackRate, volume, muted, readyState, seeking } = film;
  let loaded = 0;
  for (let n = 0; n < buffered.length; n++) if (buffered.start(n) <= currentTime + 0.5) loaded = Math.max(loaded, buffered.end(n));
  const waiting = !paused && (seeking || readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
  return { playing: !paused, length: Number.isFinite(duration) ? duration : 0, loaded, rate: playbackRate, volume, muted, waiting };
}

function actsOn(player: Player): Omit<Playing, keyof Playback> {
  const on = (act: (film: HTMLVideoElement) => void) => {
    if (player.current) act(player.current);
  };
  const go = (seconds: number) =>
    on((film) => {
      const end = Number.isFinite(film.duration) ? film.duration : seconds;
      film.currentTime = Math.min(Math.max(0, seconds), end);
    });
  return {
    toggle: () => on((film) => (film.paused ? void film.play().catch(() => undefined) : film.pause())),
    go,
    by: (seconds) => on((film) => go(film.currentTime + seconds)),
    setRate: (rate) =>
      on((film) => {
        film.playbackRate = rate;
      }),
    setVolume: (volume) =>
      on((film) => {
        film.volume = Math.min(1, Math.max(0, volume));
        film.muted = film.volume === 0;
      }),
    mute: (muted) =>
      on((film) => {
        film.muted = muted;
      }),
  };
}

export function usePlayback(player: Player): Playing {
  const [playback, setPlayback] = useState(still);
  useEffect(() => {
    const film = player.current;
    if (!film) return;
    const look = () => setPlayback(read(film));
    for (const event of EVENTS) film.addEventListener(event, look);
    look();
    return () => {
      for (const event of EVENTS) film.removeEventListener(event, look);
    };
  }, [player]);

  const acts = useMemo(() => actsOn(player), [player]);
  return { ...playback, ...acts };
}
