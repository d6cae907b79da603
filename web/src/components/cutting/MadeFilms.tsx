// The films that were cut of this one just now: how far they are, and the way to them.
import { Link } from "react-router";
import type { Archive } from "../../api/types";
import { useFilm } from "../../pages/useFilm";
import { percentText } from "../../room/archives";
import { texts } from "../../texts";
import "./Cutter.css";

interface MadeFilmsProps {
  films: readonly Archive[];
  secret: string;
}

export function MadeFilms({ films, secret }: MadeFilmsProps) {
  if (films.length === 0) return null;
  return (
    <ul className="made-films" aria-label={texts.cutting.made}>
      {films.map((film) => (
        <MadeFilm key={film.id} made={film} secret={secret} />
      ))}
    </ul>
  );
}

function MadeFilm({ made, secret }: { made: Archive; secret: string }) {
  const t = texts.cutting;
  const { film: followed } = useFilm(made.id, secret, false);
  const film = followed ?? made;
  const there = film.url !== null;
  const failed = film.status === "failed";
  return (
    <li data-testid="made" data-id={film.id} data-status={film.status}>
      <span role="status">
        <b dir="auto">{film.name || texts.film.title}</b> {failed ? t.failed : there ? t.ready : t.making}
      </span>
      {!there && !failed && typeof film.progress === "number" && (
        <>
          <progress value={film.progress} max={1} aria-label={texts.end.progress} />
          {percentText(film.progress)}
        </>
      )}
      <Link className="button button-small" to={`/film/${film.id}${secret && `#${secret}`}`} data-testid="to-made">
        {t.watch}
      </Link>
    </li>
  );
}
