// The address that a player plays: it stays until it fails, and then the newest one goes on at the same moment.
import { useEffect, useRef, useState } from "react";
import type { Player } from "../useFilm";

/** Who fails sooner after a new address fails for another reason than its age. */
const YOUNG_MS = 10_000;

interface Source {
  src: string;
  /** No address helps. */
  broken: boolean;
  onError: () => void;
}

interface Left {
  /** Seconds of film time. */
  at: number;
  playing: boolean;
}

function goOn(film: HTMLVideoElement, { at, playing }: Left): void {
  if (at > 0) film.currentTime = at;
  if (playing) film.play().catch(() => undefined);
}

export function useSource(player: Player, link: string, from: number | null, onStale: () => void): Source {
  const [src, setSrc] = useState(link);
  const [stale, setStale] = useState(false);
  const [broken, setBroken] = useState(false);
  const since = useRef(0);
  const left = useRef<Left>({ at: from ?? 0, playing: false });
  if (stale && link !== src) {
    setSrc(link);
    setStale(false);
  }
  useEffect(() => {
    const film = player.current;
    if (!film) return;
    since.current = performance.now();
    const back = () => goOn(film, left.current);
    if (film.readyState >= HTMLMediaElement.HAVE_METADATA) back();
    else film.addEventListener("loadedmetadata", back, { once: true });
    return () => film.removeEventListener("loadedmetadata", back);
  }, [player, src]);
  const onError = () => {
    const film = player.current;
    if (performance.now() - since.current < YOUNG_MS) {
      setBroken(true);
      return;
    }
    left.current = { at: film?.currentTime ?? 0, playing: film ? !film.paused : false };
    setStale(true);
    onStale();
  };
  return { src, broken, onError };
}
