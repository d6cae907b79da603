// `/room/:roomName/:sessionId/end`: goodbye, and the films of the session.
import { Link, useParams } from "react-router";
import { ArchiveCard } from "../components/ArchiveCard";
import { useTitle } from "../components/hooks";
import { Logo } from "../components/Logo";
import { texts } from "../texts";
import { useArchives } from "./useArchives";
import "./EndPage.css";

export function EndPage() {
  const t = texts.end;
  const { roomName = "", sessionId = "" } = useParams();
  const { list, links, waiting, problem, renew } = useArchives(sessionId);
  useTitle(`${t.recordings} – ${roomName} – ${texts.product}`);
  const nothing = list === null || list.length === 0;
  return (
    <div className="end">
      <header className="end-head">
        <Logo />
      </header>
      <main className="end-main">
        <h1>{t.title}</h1>
        <p className="end-lead">{t.lead(roomName)}</p>
        <div className="end-ways">
          <Link className="button button-main" to={`/room/${encodeURIComponent(roomName)}`}>
            {t.back}
          </Link>
          <Link className="button" to="/">
            {t.home}
          </Link>
        </div>
        <section aria-labelledby="end-recordings" aria-busy={waiting}>
          <h2 id="end-recordings">{t.recordings}</h2>
          {problem && (
            <p className="end-problem" role="alert">
              {t.offline(problem)}
            </p>
          )}
          {nothing && !problem && (
            <p className="end-none" role="status">
              {waiting ? t.loading : t.none}
            </p>
          )}
          <ul className="end-list">
            {list?.map((archive) => (
              <ArchiveCard key={archive.id} archive={archive} link={links.get(archive.id)} onStale={renew} />
            ))}
          </ul>
        </section>
      </main>
    </div>
  );
}
