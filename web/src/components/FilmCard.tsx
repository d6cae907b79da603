// One film in a list: its poster, which leads to its page, and what it is.
import { Link } from "react-router";
import type { SeenFilm } from "../api/types";
import { dateText, percentText } from "../room/archives";
import { clockText } from "../room/recording";
import { texts } from "../texts";
import { Icon } from "./Icon";
import "./ArchiveCard.css";
import "./FilmCard.css";

interface FilmCardProps {
  seen: SeenFilm;
  chosen: boolean;
  onChoose: (chosen: boolean) => void;
}

export function FilmCard({ seen: { film, room }, chosen, onChoose }: FilmCardProps) {
  const { id, name, status, createdAt, duration, posterUrl, progress } = film;
  const title = name || room || texts.film.title;
  const there = status === "available" || status === "uploaded";
  return (
    <li className="card" data-testid="card" data-id={id} data-status={status}>
      <Link to={`/film/${id}`} className="card-way">
        <span className="card-poster">
          {posterUrl ? <img src={posterUrl} alt="" loading="lazy" decoding="async" /> : <Icon name="film" size={34} />}
          {duration > 0 && <span className="card-length">{clockText(duration * 1000)}</span>}
        </span>
        <b className="card-title" dir="auto">
          {title}
        </b>
      </Link>
      <p className="card-more">
        {room && room !== title && <span dir="auto">{room}</span>}
        <time dateTime={new Date(createdAt).toISOString()}>{dateText(createdAt)}</time>
        {!there && status !== "deleted" && (
          <span className={`archive-status archive-${status}`}>
            {texts.end.status[status]}
            {typeof progress === "number" && status !== "failed" && ` ${percentText(progress)}`}
          </span>
        )}
      </p>
      {film.mayEdit && status !== "started" && status !== "paused" && (
        <label className="card-choice">
          <input type="checkbox" checked={chosen} data-testid="choose" onChange={({ currentTarget }) => onChoose(currentTarget.checked)} />
          <span className="unseen">{texts.recordings.choose(`${title}, ${dateText(createdAt)}`)}</span>
        </label>
      )}
    </li>
  );
}
