// One recording in the list: how it is, when it was, its film, and what belongs to it.
import { useRef, useState } from "react";
import type { Archive } from "../api/types";
import { dateText, sizeText } from "../room/archives";
import { clockText } from "../room/recording";
import { texts } from "../texts";
import { ArchiveActions } from "./ArchiveActions";
import { ArchiveMore } from "./ArchiveMore";
import { Icon } from "./Icon";
import "./ArchiveCard.css";

interface ArchiveCardProps {
  archive: Archive;
  /** The film's address; it stays the same while the list is refreshed. */
  link: string | undefined;
  /** Whether the room's name is news. */
  named?: boolean;
  /** The film's address does not answer any more. */
  onStale: (archiveId: string) => void;
  onChanged: () => void;
}

export function ArchiveCard({ archive, link, named = false, onStale, onChanged }: ArchiveCardProps) {
  const t = texts.end;
  const { id, name, status, createdAt, duration, size, reason, resolution, progress } = archive;
  const player = useRef<HTMLVideoElement>(null);
  // Signed links differ at each call: those of the first time stay.
  const [chapters, setChapters] = useState(archive.chaptersUrl);
  if (!chapters && archive.chaptersUrl) setChapters(archive.chaptersUrl);
  const when = dateText(createdAt);
  const facts = [
    duration > 0 && clockText(duration * 1000),
    size > 0 && sizeText(size),
    resolution,
  ].filter(Boolean);
  return (
    <li className="archive" data-testid="archive" data-status={status} data-id={id}>
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
          {chapters && <track kind="chapters" src={chapters} />}
        </video>
      ) : (
        <div className="archive-film archive-empty">
          <Icon name="film" size={34} />
          <p>{status === "failed" ? t.noFilm : status === "started" ? t.live : t.preparing}</p>
          {typeof progress === "number" && status !== "failed" && status !== "started" && (
            <progress value={progress} max={1} aria-label={t.progress} />
          )}
        </div>
      )}
      {link && <ArchiveMore archive={archive} player={player} />}
      <div className="archive-facts">
        <div>
          <h3>
            {named && name && <span className="archive-room">{name}</span>}
            <time dateTime={new Date(createdAt).toISOString()}>{when}</time>
          </h3>
          <p className="archive-more">
            <span className={`archive-status archive-${status}`}>{t.status[status]}</span>
            {facts.map((fact) => (
              <span key={String(fact)}>{fact}</span>
            ))}
          </p>
        </div>
        <ArchiveActions archive={archive} link={link} onChanged={onChanged} />
      </div>
      {reason && status === "failed" && (
        <p className="archive-reason" role="note">
          {reason}
        </p>
      )}
    </li>
  );
}
