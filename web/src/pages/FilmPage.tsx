// `/film#…`: what a film's link opens, for whoever has it.
import { useCallback, useEffect, useState } from "react";
import { useLocation } from "react-router";
import { listShared, messageOf } from "../api/client";
import type { Archive } from "../api/types";
import { ArchiveCard } from "../components/ArchiveCard";
import { Head } from "../components/Head";
import { useTitle } from "../components/hooks";
import { isFinal, keepLinks } from "../room/archives";
import { texts } from "../texts";
import "../components/ArchiveList.css";
import "./EndPage.css";

const POLL_MS = 3000;

interface Shared {
  films: Archive[] | null;
  links: Map<string, string>;
  problem: string | null;
}

export default function FilmPage() {
  const t = texts.film;
  const { hash } = useLocation();
  const secret = hash.slice(1);
  const [round, setRound] = useState(0);
  const [{ films, links, problem }, setShared] = useState<Shared>({ films: null, links: new Map(), problem: null });
  const again = useCallback(() => setRound((before) => before + 1), []);
  const stale = useCallback((id: string) => {
    setShared((before) => ({ ...before, links: new Map([...before.links].filter(([known]) => known !== id)) }));
    setRound((before) => before + 1);
  }, []);
  useTitle(`${films?.[0]?.name || t.title} – ${texts.product}`);

  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      listShared(secret, leaving.signal).then(
        (found) => {
          setShared(({ links: before }) => ({ films: found, links: keepLinks(before, found), problem: null }));
          // Each look at a film that is there counts as a use: only what is being made is looked at again.
          if (found.some((each) => !isFinal(each) && each.status !== "deleted")) timer = setTimeout(look, POLL_MS);
        },
        (error: unknown) => !leaving.signal.aborted && setShared({ films: null, links: new Map(), problem: messageOf(error) }),
      );
    };
    look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [secret, round]);

  return (
    <div className="end">
      <Head />
      <main className="end-main">
        <h1>{films?.[0]?.name || t.title}</h1>
        <p className="end-lead">{t.lead}</p>
        {problem && (
          <p className="archives-problem" role="alert" data-testid="film-problem">
            {problem}
          </p>
        )}
        {films?.length === 0 && (
          <p className="archives-none" role="status">
            {t.gone}
          </p>
        )}
        <ul className="archives film-shared">
          {films?.map((archive) => (
            <ArchiveCard
              key={`${archive.id} ${archive.status === "deleted"}`}
              archive={archive}
              link={links.get(archive.id)}
              secret={secret}
              onStale={stale}
              onChanged={again}
            />
          ))}
        </ul>
      </main>
    </div>
  );
}
