// `/film/<id>`: one film, with all that belongs to it; what stands behind the # is its link, for who has no other right.
import { lazy, useEffect, useRef, useState } from "react";
import { Link, useLocation, useNavigate, useParams, useSearchParams } from "react-router";
import type { Archive, Timeline } from "../api/types";
import { ArchiveActions } from "../components/ArchiveActions";
import { ArchiveMore } from "../components/ArchiveMore";
import { MadeFilms } from "../components/cutting/MadeFilms";
import { useCutting } from "../components/cutting/useCutting";
import { FilmPlayer } from "../components/film/FilmPlayer";
import { Head } from "../components/Head";
import { Later } from "../components/Later";
import { NoFilm } from "../components/NoFilm";
import { SpeakerTimeline } from "../components/SpeakerTimeline";
import { useChapters } from "../components/useFilm";
import { useJson } from "../components/useJson";
import { useTitle } from "../components/useTitle";
import { dateText, sizeText } from "../room/archives";
import { recall, remember } from "../room/memory";
import { momentOf } from "../room/player";
import { clockText } from "../room/recording";
import { parseTimeline } from "../room/timeline";
import { useOwnWords } from "../refusals";
import { texts } from "../texts";
import { useFilm } from "./useFilm";
import "../components/ArchiveList.css";
import "./FilmPage.css";

const Cutter = lazy(() => import("../components/cutting/Cutter"));
const CutTranscript = lazy(() => import("../components/cutting/CutTranscript"));

const THEATRE = "reelroom.theatre";

export default function FilmPage() {
  const t = texts.film;
  const { filmId = "" } = useParams();
  const { hash } = useLocation();
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const secret = hash.slice(1);
  const { film, room, others, problem, again } = useFilm(filmId, secret);
  const [theatre, setTheatre] = useState(recall(THEATRE) === "yes");
  const title = film?.name || room || t.title;
  useTitle(`${title} – ${texts.product}`);
  const found = film?.id;
  // A link of former times says in its address what opens a film, but not which.
  useEffect(() => {
    if (found && !filmId) void navigate(`/film/${found}${hash}`, { replace: true });
  }, [found, filmId, hash, navigate]);

  const toggle = () => {
    setTheatre(!theatre);
    remember(THEATRE, theatre ? "no" : "yes");
  };
  return (
    <div className="film">
      <Head />
      <main className="film-main" data-theatre={theatre}>
        {problem && (
          <p className="archives-problem" role="alert" data-testid="film-problem">
            {problem}
          </p>
        )}
        {film ? (
          <Shown
            key={film.id}
            film={film}
            room={room}
            secret={secret}
            from={momentOf(query.get("t"))}
            cuts={query.has("cut")}
            onCuts={(cuts) => setQuery(cuts ? { cut: "" } : {}, { replace: true })}
            theatre={theatre}
            onTheatre={toggle}
            onAgain={again}
          />
        ) : (
          !problem && <p role="status">{t.loading}</p>
        )}
        {others.length > 0 && (
          <section className="film-others" aria-labelledby="film-others">
            <h2 id="film-others">{t.others}</h2>
            <ul>
              {others.map((each) => (
                <li key={each.id}>
                  <Link to={`/film/${each.id}${hash}`}>
                    {each.name || t.title}, {dateText(each.createdAt)}
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        )}
      </main>
    </div>
  );
}

interface ShownProps {
  film: Archive;
  room: string | null;
  secret: string;
  from: number | null;
  /** Whether another one is cut from it. */
  cuts: boolean;
  onCuts: (cuts: boolean) => void;
  theatre: boolean;
  onTheatre: () => void;
  onAgain: () => void;
}

function Shown({ film, room, secret, from, cuts, onCuts, theatre, onTheatre, onAgain }: ShownProps) {
  const t = texts.film;
  const player = useRef<HTMLVideoElement>(null);
  const timeline = useJson<Timeline>(film.timelineUrl, parseTimeline);
  const [corrections, setCorrections] = useState(0);
  const chapters = useChapters(player);
  const why = useOwnWords(film.reason);
  const [made, setMade] = useState<readonly Archive[]>([]);
  const cutting = cuts && film.mayEdit && film.url !== null && film.tracksUrl !== null;
  const cut = useCutting(film.id, secret || undefined, timeline ? (timeline.end - timeline.start) / 1_000_000 : film.duration, cutting);
  const title = film.name || room || t.title;
  const facts = [
    film.name && room && film.name !== room && room,
    film.duration > 0 && clockText(film.duration * 1000),
    film.size > 0 && sizeText(film.size),
    film.recutOf && texts.end.wasRecut,
  ].filter(Boolean);
  return (
    <article className="film-shown" data-testid="archive" data-status={film.status} data-id={film.id}>
      <div className="film-stage">
        {film.url ? (
          <FilmPlayer
            archive={film}
            link={film.url}
            player={player}
            label={texts.end.film(dateText(film.createdAt))}
            timeline={timeline}
            chapters={chapters}
            from={from}
            theatre={theatre}
            onTheatre={onTheatre}
            onStale={onAgain}
            corrections={corrections}
          />
        ) : (
          <NoFilm archive={film} />
        )}
      </div>
      <div className="film-about">
        <header>
          <h1 dir="auto">{title}</h1>
          <p className="film-facts">
            <time dateTime={new Date(film.createdAt).toISOString()}>{dateText(film.createdAt)}</time>
            {facts.map((fact) => (
              <span key={String(fact)} dir="auto">
                {fact}
              </span>
            ))}
          </p>
        </header>
        {why && film.status === "failed" && (
          <p className="archive-reason" role="note">
            {t.failed} <span className="archive-why">{why}</span>
          </p>
        )}
        <MadeFilms films={made} secret={secret} />
        {!cutting && (
          <>
            <ArchiveActions
              archive={film}
              link={film.url ?? undefined}
              player={player}
              onChanged={onAgain}
              onCut={() => onCuts(true)}
              {...(secret ? { secret } : {})}
            />
            {film.url && timeline && timeline.turns.length > 0 && <SpeakerTimeline timeline={timeline} player={player} />}
          </>
        )}
        {cutting && (
          <Later>
            <Cutter
              archive={film}
              cutting={cut}
              player={player}
              timeline={timeline}
              onClose={() => onCuts(false)}
              onMade={(another) => {
                setMade([another, ...made]);
                onCuts(false);
              }}
            />
          </Later>
        )}
      </div>
      {film.url && (
        <aside className="film-side" aria-label={t.more}>
          {cutting && film.transcriptUrl ? (
            <Later>
              <CutTranscript archive={film} cutting={cut} />
            </Later>
          ) : (
            <ArchiveMore
              archive={film}
              timeline={timeline}
              player={player}
              secret={secret || undefined}
              onCorrected={() => {
                setCorrections((before) => before + 1);
                onAgain();
              }}
              onAgain={onAgain}
            />
          )}
        </aside>
      )}
    </article>
  );
}
