// A film, its controls, and the keys that walk through it.
import { useEffect, useMemo, useRef, useState } from "react";
import type { Archive, Timeline } from "../../api/types";
import { recall, remember } from "../../room/memory";
import { afterSilence, readAnew, silencesOf } from "../../room/player";
import { spansOf, type Chapter } from "../../room/timeline";
import { texts } from "../../texts";
import { Icon } from "../Icon";
import type { Player } from "../useFilm";
import { PlayerBar, type Titles } from "./PlayerBar";
import { Scrubber } from "./Scrubber";
import { useFilmKeys } from "./useFilmKeys";
import { usePlayback } from "./usePlayback";
import { useSource } from "./useSource";
import "./FilmPlayer.css";

interface FilmPlayerProps {
  archive: Archive;
  link: string;
  player: Player;
  label: string;
  timeline: Timeline | null;
  chapters: readonly Chapter[];
  /** Where (s) it is to begin. */
  from: number | null;
  theatre: boolean;
  onTheatre: () => void;
  /** The link does not work any more. */
  onStale: () => void;
  /** How often what is said in it was corrected: captions and chapters are read again each time. */
  corrections: number;
}

const SKIPS = "reelroom.skips";

export function FilmPlayer({ archive, link, player, label, timeline, chapters, from, theatre, onTheatre, onStale, corrections }: FilmPlayerProps) {
  const t = texts.player;
  const frame = useRef<HTMLDivElement>(null);
  const playing = usePlayback(player);
  const { src, broken, onError } = useSource(player, link, from, onStale);
  // Signed links differ at each call: those of the first time stay.
  const [files, setFiles] = useState(archive);
  const [read, setRead] = useState(corrections);
  if ((!files.captionsUrl && archive.captionsUrl) || read !== corrections) {
    setFiles(archive);
    setRead(corrections);
  }
  const [titles, setTitles] = useState<Titles>("none");
  const [skips, setSkips] = useState(recall(SKIPS) === "yes");
  const [full, toggleFull] = useFull(frame, player);
  const silences = useMemo(() => (timeline ? silencesOf(spansOf(timeline), playing.length) : []), [timeline, playing.length]);
  const offered: Titles[] = ["none", ...(files.speakersUrl ? ["speakers" as const] : []), ...(files.captionsUrl ? ["words" as const] : [])];

  const skip = (on: boolean) => {
    setSkips(on);
    remember(SKIPS, on ? "yes" : "no");
  };
  useEffect(() => {
    const film = player.current;
    if (!film || !skips) return;
    const look = () => {
      const next = film.paused ? null : afterSilence(silences, film.currentTime);
      if (next !== null) film.currentTime = next;
    };
    film.addEventListener("timeupdate", look);
    return () => film.removeEventListener("timeupdate", look);
  }, [player, skips, silences]);
  useEffect(() => {
    for (const track of player.current?.querySelectorAll<HTMLTrackElement>("track[data-titles]") ?? []) {
      track.track.mode = track.dataset["titles"] === titles ? "showing" : "disabled";
    }
  }, [player, titles, files]);
  const nextTitles = () => setTitles(offered[(offered.indexOf(titles) + 1) % offered.length] ?? "none");
  useFilmKeys(player, playing, chapters, {
    full: toggleFull,
    theatre: onTheatre,
    captions: nextTitles,
    silences: () => silences.length > 0 && skip(!skips),
  });

  return (
    <div ref={frame} className="player always-dark" data-playing={playing.playing} data-testid="player">
      <video
        ref={player}
        className="player-film"
        data-testid="film"
        src={src}
        poster={files.posterUrl ?? undefined}
        aria-label={label}
        preload="metadata"
        playsInline
        onClick={playing.toggle}
        onDoubleClick={toggleFull}
        onError={onError}
      >
        {files.chaptersUrl && <track kind="chapters" src={readAnew(files.chaptersUrl, corrections)} />}
        {files.speakersUrl && <track kind="subtitles" src={files.speakersUrl} label={t.speakers} data-titles="speakers" />}
        {files.captionsUrl && (
          <track
            kind="captions"
            src={readAnew(files.captionsUrl, corrections)}
            srcLang={archive.transcript?.language}
            label={texts.end.captions}
            data-titles="words"
          />
        )}
      </video>
      {!playing.playing && !broken && (
        <button type="button" className="player-start" aria-label={t.play} tabIndex={-1} onClick={playing.toggle} data-testid="start">
          <Icon name="play" size={40} />
        </button>
      )}
      {playing.waiting && <span className="player-waiting" aria-hidden="true" />}
      {broken && (
        <p className="player-broken" role="alert">
          {t.broken}
        </p>
      )}
      <div className="player-controls" role="group" aria-label={t.controls}>
        <Scrubber
          player={player}
          length={playing.length}
          loaded={playing.loaded}
          chapters={chapters}
          thumbnails={archive.thumbnailsUrl}
          onGo={playing.go}
        />
        <PlayerBar
          player={player}
          playing={playing}
          titles={titles}
          offered={offered}
          onTitles={setTitles}
          skips={silences.length > 0 ? skips : null}
          onSkips={skip}
          theatre={theatre}
          onTheatre={onTheatre}
          full={full}
          onFull={toggleFull}
        />
      </div>
    </div>
  );
}

/** The player alone on the screen; on a telephone that cannot do that, its film. */
function useFull(frame: React.RefObject<HTMLDivElement | null>, player: Player): [on: boolean, toggle: () => void] {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const look = () => setOn(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  const toggle = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (document.fullscreenEnabled) frame.current?.requestFullscreen().catch(() => undefined);
    else (player.current as { webkitEnterFullscreen?: () => void } | null)?.webkitEnterFullscreen?.();
  };
  return [on, toggle];
}
