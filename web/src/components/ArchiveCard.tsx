// One recording in the list: how it is, when it was, and its film.
import type { Archive } from "../api/types";
import { dateText, sizeText } from "../room/archives";
import { clockText } from "../room/recording";
import { texts } from "../texts";
import { Icon } from "./Icon";
import "./ArchiveCard.css";

interface ArchiveCardProps {
  archive: Archive;
  /** The film's address; it stays the same while the list is refreshed. */
  link: string | undefined;
  /** The film's address does not answer any more. */
  onStale: (archiveId: string) => void;
}

export function ArchiveCard({ archive, link, onStale }: ArchiveCardProps) {
  const t = texts.end;
  const { id, status, createdAt, duration, size, reason, resolution } = archive;
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
          className="archive-film"
          data-testid="film"
          src={link}
          aria-label={t.film(when)}
          controls
          preload="metadata"
          playsInline
          onError={() => onStale(id)}
        />
      ) : (
        <div className="archive-film archive-empty">
          <Icon name="film" size={34} />
          <p>{status === "failed" ? t.noFilm : status === "started" ? t.live : t.preparing}</p>
        </div>
      )}
      <div className="archive-facts">
        <div>
          <h3>
            <time dateTime={new Date(createdAt).toISOString()}>{when}</time>
          </h3>
          <p className="archive-more">
            <span className={`archive-status archive-${status}`}>{t.status[status]}</span>
            {facts.map((fact) => (
              <span key={String(fact)}>{fact}</span>
            ))}
          </p>
        </div>
        {link && (
          <a className="button" href={link} download={`${archive.name || id}.mp4`}>
            <Icon name="download" size={18} />
            {t.download}
          </a>
        )}
      </div>
      {reason && status === "failed" && (
        <p className="archive-reason" role="note">
          {reason}
        </p>
      )}
    </li>
  );
}
