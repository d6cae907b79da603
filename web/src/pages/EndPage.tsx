// `/room/:roomName/:sessionId/end`: goodbye, and the films of the session.
import { Link, useLocation, useParams } from "react-router";
import { ArchiveList } from "../components/ArchiveList";
import { Head } from "../components/Head";
import { useTitle } from "../components/useTitle";
import { texts } from "../texts";
import "./EndPage.css";

/** Since when (ms) somebody was in the room that they left. */
export interface Visit {
  since: number;
}

export default function EndPage() {
  const t = texts.end;
  const { roomName = "", sessionId = "" } = useParams();
  const visit = useLocation().state as Visit | null;
  useTitle(`${t.recordings} – ${roomName} – ${texts.product}`);
  return (
    <div className="end">
      <Head />
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
          <Link className="button" to={`/recordings?room=${encodeURIComponent(roomName)}`}>
            {t.all}
          </Link>
        </div>
        <section aria-labelledby="end-recordings">
          <h2 id="end-recordings">{t.recordings}</h2>
          <ArchiveList sessionIds={[sessionId]} room={roomName} since={visit?.since ?? 0} patient none={t.none} />
        </section>
      </main>
    </div>
  );
}
