// Plays what a new film would keep in the player of the one there is.
import { useEffect, useState } from "react";
import { playedFrom } from "../../room/cutting";
import type { Span } from "../../room/timeline";
import type { Player } from "../useFilm";

export interface Preview {
  playing: boolean;
  play: (parts: readonly Span[]) => void;
  stop: () => void;
}

/** Plays the parts and calls `onEnd` after the last, or where somebody pauses; what is returned ends it before. */
export function playParts(film: HTMLVideoElement, parts: readonly Span[], onEnd: () => void): () => void {
  let frame = 0;
  let began = false;
  const look = () => {
    const next = playedFrom(parts, film.currentTime);
    if (next === null || film.ended) {
      film.pause();
      onEnd();
    } else if (next > film.currentTime && !film.seeking) film.currentTime = next;
  };
  const each = () => {
    look();
    frame = requestAnimationFrame(each);
  };
  const paused = () => {
    if (began && !film.seeking) onEnd();
  };
  film.currentTime = Math.max(0, parts[0]?.start ?? 0);
  film.play().then(() => {
    began = true;
  }, onEnd);
  frame = requestAnimationFrame(each);
  film.addEventListener("timeupdate", look); // where the page is not seen, there are no frames
  film.addEventListener("pause", paused);
  return () => {
    cancelAnimationFrame(frame);
    film.removeEventListener("timeupdate", look);
    film.removeEventListener("pause", paused);
  };
}

export function usePreview(player: Player): Preview {
  const [parts, setParts] = useState<readonly Span[] | null>(null);
  useEffect(() => {
    const film = player.current;
    if (film && parts) return playParts(film, parts, () => setParts(null));
  }, [player, parts]);
  return {
    playing: parts !== null,
    // The player shows nothing of what was recorded before its film.
    play: (wanted) => setParts(wanted.filter(({ end }) => end > 0)),
    stop: () => {
      player.current?.pause();
      setParts(null);
    },
  };
}
