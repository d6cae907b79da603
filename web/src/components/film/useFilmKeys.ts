// The keys of a film, wherever on its page the focus is.
import { useEffect, useRef } from "react";
import { focusOf } from "../../room/keys";
import { filmKeyOf, speedFrom, type FilmKey } from "../../room/player";
import type { Chapter } from "../../room/timeline";
import type { Player } from "../useFilm";
import type { Playing } from "./usePlayback";

type Others = Record<"full" | "theatre" | "captions" | "silences", () => void>;

function act(key: FilmKey, film: HTMLVideoElement, playing: Playing, chapters: readonly Chapter[], others: Others): void {
  switch (key.does) {
    case "play":
      return playing.toggle();
    case "by":
      return playing.by(key.by);
    case "volume":
      return playing.setVolume(film.volume + key.by);
    case "mute":
      return playing.mute(!film.muted);
    case "speed":
      return playing.setRate(speedFrom(film.playbackRate, key.by > 0 ? 1 : -1));
    case "share":
      return playing.go(key.part * playing.length);
    case "chapter": {
      // Back goes to where the chapter began, unless it has just begun.
      const now = film.currentTime;
      const starts = chapters.map(({ start }) => start);
      return playing.go((key.by > 0 ? starts.find((start) => start > now + 0.1) : starts.findLast((start) => start < now - 2)) ?? (key.by > 0 ? now : 0));
    }
    default:
      return others[key.does]();
  }
}

export function useFilmKeys(player: Player, playing: Playing, chapters: readonly Chapter[], others: Others): void {
  const latest = useRef({ playing, chapters, others });
  useEffect(() => {
    latest.current = { playing, chapters, others };
  });
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      // A dialogue or a menu has the keyboard for itself, and so has whatever walks by arrow keys.
      if (event.defaultPrevented || document.querySelector("dialog[open], [role=menu]")) return;
      const key = filmKeyOf(event, focusOf(document.activeElement));
      const film = player.current;
      if (!key || !film) return;
      event.preventDefault();
      const { playing, chapters, others } = latest.current;
      act(key, film, playing, chapters, others);
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [player]);
}
