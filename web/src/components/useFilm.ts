// Where a film is, and its chapters: what stands beside a player follows it.
import { useEffect, useState, type RefObject } from "react";
import type { Chapter } from "../room/timeline";

export type Player = RefObject<HTMLVideoElement | null>;

export function jump({ current: film }: Player, seconds: number): void {
  if (!film) return;
  film.currentTime = Math.max(0, seconds);
  void film.play().catch(() => undefined);
}

/**
 * As `jump`, of a line that is clicked: not where a pointer has just selected some of it, to be copied. What is in a button
 * can be neither selected nor read word by word with a screen reader: in such a line the time is one, the text a paragraph.
 */
export function jumpFromText(player: Player, seconds: number, { detail: clicks }: { detail: number }): void {
  if (clicks === 0 || !getSelection()?.toString()) jump(player, seconds);
}

/** Shows a moment, playing or not. */
export function show({ current: film }: Player, seconds: number): void {
  if (film) film.currentTime = Math.min(Math.max(0, seconds), Number.isFinite(film.duration) ? film.duration : seconds);
}

/** The film's own chapters, as its `track` element has them once it is loaded. */
export function useChapters(player: Player): Chapter[] {
  const [chapters, setChapters] = useState<Chapter[]>([]);
  useEffect(() => {
    const element = player.current?.querySelector<HTMLTrackElement>("track[kind=chapters]");
    if (!element) return;
    const read = () => {
      const cues = Array.from(element.track.cues ?? []) as VTTCue[];
      setChapters(cues.map(({ startTime, endTime, text }) => ({ start: startTime, end: endTime, name: text })));
    };
    element.track.mode = "hidden"; // a disabled one is not loaded
    if (element.readyState === HTMLTrackElement.LOADED) read();
    element.addEventListener("load", read);
    return () => element.removeEventListener("load", read);
  }, [player]);
  return chapters;
}

/** Where the film is, in s, a few times a second while it plays. */
export function useFilmTime(player: Player): number {
  const [time, setTime] = useState(0);
  useEffect(() => {
    const film = player.current;
    if (!film) return;
    const look = () => setTime(film.currentTime);
    film.addEventListener("timeupdate", look);
    film.addEventListener("seeking", look);
    return () => {
      film.removeEventListener("timeupdate", look);
      film.removeEventListener("seeking", look);
    };
  }, [player]);
  return time;
}
