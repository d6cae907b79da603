// One film in a list: its poster, which leads to its page, what it is, who is in it, and where what is sought is said.
import { Link } from "react-router";
import type { FoundFilm, Hit } from "../api/types";
import { dateText, percentText } from "../room/archives";
import { clockText } from "../room/recording";
import { texts } from "../texts";
import { CardShare } from "./CardShare";
import { Icon } from "./Icon";
import "./ArchiveCard.css";
import "./FilmCard.css";

interface FilmCardProps {
  seen: FoundFilm;
  chosen: boolean;
  onChoose: (chosen: boolean) => void;
  onPerson: (name: string) => void;
}

const MOST_PEOPLE = 4;

export function FilmCard({ seen: { film, room, people, moments, hits }, chosen, onChoose, onPerson }: FilmCardProps) {
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
      <CardShare film={film} title={title} />
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
      {people.length > 0 && (
        <p className="card-people">
          {people.slice(0, MOST_PEOPLE).map((name) => (
            <button key={name} type="button" dir="auto" title={texts.recordings.with(name)} data-testid="card-person" onClick={() => onPerson(name)}>
              {name}
            </button>
          ))}
          {people.length > MOST_PEOPLE && <span>{texts.recordings.others(people.length - MOST_PEOPLE)}</span>}
        </p>
      )}
      {hits.length > 0 && (
        <ul className="card-hits">
          {hits.map((hit) => (
            <li key={`${hit.kind} ${hit.at} ${hit.text}`}>
              <Link to={`/film/${id}?t=${Math.floor(hit.at)}`} data-testid="hit">
                <span className="card-at">{clockText(hit.at * 1000)}</span>
                <span dir="auto">
                  <b>{hit.name}</b> {hit.kind === "chat" && <span className="card-wrote">{texts.recordings.wrote} </span>}
                  {parts(hit).map((part, n) => (n % 2 ? <mark key={n}>{part}</mark> : part))}
                </span>
              </Link>
            </li>
          ))}
          {moments > hits.length && <li className="card-rest">{texts.recordings.moments(moments - hits.length)}</li>}
        </ul>
      )}
      {film.mayEdit && status !== "started" && status !== "paused" && (
        <label className="card-choice">
          <input type="checkbox" checked={chosen} data-testid="choose" onChange={({ currentTarget }) => onChoose(currentTarget.checked)} />
          <span className="unseen">{texts.recordings.choose(`${title}, ${dateText(createdAt)}`)}</span>
        </label>
      )}
    </li>
  );
}

/** A hit's text in parts that alternate between not and sought. */
function parts({ text, marks }: Hit): string[] {
  const letters = Array.from(text); // marks count characters, not halves of them
  const cut = (from: number, to?: number) => letters.slice(from, to).join("");
  let at = 0;
  const found = marks.flatMap(([from, to]) => {
    const pair = [cut(at, from), cut(from, to)];
    at = to;
    return pair;
  });
  return [...found, cut(at)];
}
