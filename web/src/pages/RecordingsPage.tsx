// `/recordings`: the films of the rooms that this browser has visited, of a room that is named, or of one session.
import { useEffect, useState, type SubmitEvent } from "react";
import { useSearchParams } from "react-router";
import { messageOf, openSession } from "../api/client";
import { ArchiveList } from "../components/ArchiveList";
import { Head } from "../components/Head";
import { useTitle } from "../components/hooks";
import { forgetVisits, rememberedVisits } from "../room/memory";
import { LONGEST_ROOM_NAME, roomNameProblem } from "../room/names";
import { texts } from "../texts";
import "./EndPage.css";

export default function RecordingsPage() {
  const t = texts.recordings;
  const [query, setQuery] = useSearchParams();
  const room = query.get("room") ?? "";
  const [typed, setTyped] = useState(room);
  const [wrong, setWrong] = useState<string | null>(null);
  const [visits, setVisits] = useState(rememberedVisits);
  const { named, problem } = useSessionOf(room);
  useTitle(`${t.title} – ${texts.product}`);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = typed.trim();
    const problem = name === "" ? null : roomNameProblem(name);
    setWrong(problem);
    if (problem === null) setQuery(name === "" ? {} : { room: name });
  };
  const session = query.get("session");
  const sessionIds = room ? (named ? [named] : []) : session ? [session] : visits.map(({ sessionId }) => sessionId);
  return (
    <div className="end">
      <Head />
      <main className="end-main">
        <h1>{t.title}</h1>
        <p className="end-lead">{t.lead}</p>
        <form className="recordings-form" onSubmit={submit}>
          <label className="field">
            <span>{texts.form.room}</span>
            <input
              value={typed}
              maxLength={LONGEST_ROOM_NAME}
              autoCapitalize="none"
              spellCheck={false}
              aria-invalid={wrong !== null}
              data-testid="recordings-room"
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
          <button type="submit" className="button" data-testid="recordings-find">
            {t.find}
          </button>
          {visits.length > 0 && (
            <button
              type="button"
              className="button"
              onClick={() => {
                forgetVisits();
                setVisits([]);
              }}
            >
              {t.forget}
            </button>
          )}
        </form>
        {(wrong ?? problem) && (
          <p className="archives-problem" role="alert">
            {wrong ?? problem}
          </p>
        )}
        {sessionIds.length === 0 && !room ? (
          <p className="archives-none">{t.noVisits}</p>
        ) : (
          sessionIds.length > 0 && <ArchiveList key={sessionIds.join()} sessionIds={sessionIds} room={room} none={t.none} />
        )}
      </main>
    </div>
  );
}

/** The session of a room; asking for it makes the room if nobody has been there. */
function useSessionOf(room: string): { named: string | null; problem: string | null } {
  const [found, setFound] = useState<{ room: string; named: string | null; problem: string | null }>({ room: "", named: null, problem: null });
  useEffect(() => {
    if (room === "") return;
    const leaving = new AbortController();
    openSession(room, leaving.signal).then(
      ({ sessionId }) => setFound({ room, named: sessionId, problem: null }),
      (error: unknown) => {
        if (!leaving.signal.aborted) setFound({ room, named: null, problem: messageOf(error) });
      },
    );
    return () => leaving.abort();
  }, [room]);
  return found.room === room ? found : { named: null, problem: null };
}
