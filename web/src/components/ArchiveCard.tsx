// One recording in the list: its film, how it is, when it was, and what belongs to it.
import { useRef, useState } from "react";
import { Link } from "react-router";
import type { Archive, Timeline } from "../api/types";
import { dateText, sizeText } from "../room/archives";
import { readAnew } from "../room/player";
import { clockText } from "../room/recording";
import { parseTimeline } from "../room/timeline";
import { useOwnWords } from "../refusals";
import { texts } from "../texts";
import { ArchiveActions } from "./ArchiveActions";
import { ArchiveMore } from "./ArchiveMore";
import { NoFilm } from "./NoFilm";
import { SpeakerTimeline } from "./SpeakerTimeline";
import { useJson } from "./useJson";
import "./ArchiveCard.css";

interface ArchiveCardProps {
  archive: Archive;
  /** The film's address; it stays the same while the list is refreshed. */
  link: string | undefined;
  /** Whether its name is news. */
  named?: boolean;
  /** The film's address does not answer any more. */
  onStale: (archiveId: string) => void;
  onChanged: () => void;
  /** That of the film's link, where that is what lets somebody in. */
  secret?: string;
}

export function ArchiveCard({ archive, link, named = false, onStale, onChanged, secret }: ArchiveCardProps) {
  const t = texts.end;
  const { id, name, status, createdAt, duration, size, reason, resolution } = archive;
  const why = useOwnWords(reason);
  const player = useRef<HTMLVideoElement>(null);
  const timeline = useJson<Timeline>(archive.timelineUrl, parseTimeline);
  // Signed links differ at each call: those of the first time stay.
  const [chapters, setChapters] = useState(archive.chaptersUrl);
  if (!chapters && archive.chaptersUrl) setChapters(archive.chaptersUrl);
  const [captions, setCaptions] = useState(archive.captionsUrl);
  if (!captions && archive.captionsUrl) setCaptions(archive.captionsUrl);
  const [corrections, setCorrections] = useState(0);
  const when = dateText(createdAt);
  const facts = [
    duration > 0 && clockText(duration * 1000),
    size > 0 && sizeText(size),
    resolution.replace("x", " × "),
    archive.recutOf && t.wasRecut,
  ].filter(Boolean);
  return (
    <li className="archive" data-testid="archive" data-status={status} data-id={id}>
      <div className="archive-show">
        {link ? (
          <video
            ref={player}
            className="archive-film"
            data-testid="film"
            src={link}
            poster={archive.posterUrl ?? undefined}
            aria-label={t.film(when)}
            controls
            preload="metadata"
            playsInline
            onError={() => onStale(id)}
          >
            {chapters && <track kind="chapters" src={readAnew(chapters, corrections)} />}
            {captions && (
              <track kind="captions" src={readAnew(captions, corrections)} srcLang={archive.transcript?.language} label={t.captions} />
            )}
          </video>
        ) : (
          <NoFilm archive={archive} />
        )}
        {link && timeline && timeline.turns.length > 0 && <SpeakerTimeline timeline={timeline} player={player} />}
      </div>
      <div className="archive-side">
        <div>
          <h3>
            {named && name && <bdi className="archive-room">{name}</bdi>}
            <Link to={secret ? `/film/${id}#${secret}` : `/film/${id}`} data-testid="to-film">
              <time dateTime={new Date(createdAt).toISOString()}>{when}</time>
            </Link>
          </h3>
          <p className="archive-more">
            <span className={`archive-status archive-${status}`}>{t.status[status]}</span>
            {facts.map((fact) => (
              <span key={String(fact)}>{fact}</span>
            ))}
          </p>
        </div>
        {why && status === "failed" && (
          <p className="archive-reason" role="note">
            {why}
          </p>
        )}
        {/* What is downloaded comes by the newest link; what plays goes on by its own. */}
        <ArchiveActions archive={archive} link={archive.url ?? link} onChanged={onChanged} {...(secret && { secret })} />
        {link && (
          <ArchiveMore
            archive={archive}
            timeline={timeline}
            player={player}
            secret={secret}
            onCorrected={() => setCorrections((before) => before + 1)}
            onAgain={onChanged}
          />
        )}
      </div>
    </li>
  );
}
