// A list of films, and what is done to some of them at once.
import { useState } from "react";
import { deleteArchive, messageOf, restoreArchive } from "../api/client";
import type { FoundFilm } from "../api/types";
import { texts } from "../texts";
import { FilmCard } from "./FilmCard";

interface FilmCardsProps {
  items: readonly FoundFilm[];
  /** They lie in the bin. */
  bin: boolean;
  onChanged: () => void;
  /** Somebody is chosen, whose films are to be shown. */
  onPerson: (name: string) => void;
}

export function FilmCards({ items, bin, onChanged, onPerson }: FilmCardsProps) {
  const t = texts.recordings;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [said, setSaid] = useState("");
  const here = items.filter(({ film }) => chosen.has(film.id)).map(({ film }) => film.id);
  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
    setSaid("");
  };
  const act = async () => {
    let done = 0;
    try {
      for (const id of here) {
        await (bin ? restoreArchive(id) : deleteArchive(id));
        done++;
      }
      setSaid(bin ? t.restored(done) : t.deleted(done));
    } catch (error) {
      setSaid(messageOf(error));
    }
    setChosen(new Set());
    onChanged();
  };
  return (
    <>
      <ul className="cards">
        {items.map((seen) => (
          <FilmCard key={seen.film.id} seen={seen} chosen={chosen.has(seen.film.id)} onChoose={(on) => choose(seen.film.id, on)} onPerson={onPerson} />
        ))}
      </ul>
      {here.length > 0 && (
        <div className="cards-bar" role="group" aria-label={t.chosen(here.length)} data-testid="chosen">
          <span>{t.chosen(here.length)}</span>
          <button type="button" className="button button-small" data-testid="choose-all" onClick={() => setChosen(new Set(items.filter(({ film }) => film.mayEdit).map(({ film }) => film.id)))}>
            {t.all}
          </button>
          <button type="button" className="button button-small" onClick={() => setChosen(new Set())}>
            {t.none}
          </button>
          <button type="button" className={`button button-small ${bin ? "button-main" : "button-bad"}`} data-testid="chosen-act" onClick={() => void act()}>
            {bin ? t.restore : texts.end.remove}
          </button>
        </div>
      )}
      <p role="status" className="cards-count">
        {said}
      </p>
    </>
  );
}
