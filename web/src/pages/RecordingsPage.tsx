// `/recordings`: the films of the rooms that this browser has visited, or of one that is named; searched, sorted, by the page.
import { useState } from "react";
import { useSearchParams } from "react-router";
import { SORTS } from "../api/client";
import { FilmCards } from "../components/FilmCards";
import { Head } from "../components/Head";
import { useTitle } from "../components/useTitle";
import { forgetVisits, rememberedVisits } from "../room/memory";
import { LONGEST_ROOM_NAME, roomNameProblem } from "../room/names";
import { texts } from "../texts";
import { useRecordings } from "./useRecordings";
import "../components/ArchiveList.css";
import "./EndPage.css";

const MOST_SESSIONS = 100;

export default function RecordingsPage() {
  const t = texts.recordings;
  const [query, setQuery] = useSearchParams();
  const [visits, setVisits] = useState(rememberedVisits);
  const room = query.get("room") ?? "";
  const session = query.get("session");
  const sought = query.get("q") ?? "";
  const person = query.get("person") ?? "";
  const bin = query.get("bin") !== null;
  const sort = SORTS.find((each) => each === query.get("sort")) ?? "newest";
  const sessions = room ? [] : session ? [session] : visits.map(({ sessionId }) => sessionId).slice(0, MOST_SESSIONS);
  const nothing = sessions.length === 0 && !room;
  const wrong = room ? roomNameProblem(room) : null;
  const { items, count, problem, more, again } = useRecordings({ sessions, room, sought, person, sort, bin }, nothing || wrong !== null);
  useTitle(`${t.title} – ${texts.product}`);

  const ask = (change: Record<string, string | null>) => {
    const next = new URLSearchParams(query);
    for (const [name, value] of Object.entries(change)) {
      if (value === null || (value === "" && name !== "bin")) next.delete(name);
      else next.set(name, value);
    }
    setQuery(next, { replace: true });
  };
  return (
    <div className="end">
      <Head />
      <main className="end-main recordings-main">
        <h1>{t.title}</h1>
        <p className="end-lead">{t.lead}</p>
        <div className="recordings-form" role="search">
          <label className="field">
            <span>{t.find}</span>
            <input
              type="search"
              value={sought}
              placeholder={t.findPlaceholder}
              maxLength={200}
              data-testid="recordings-find"
              onChange={({ currentTarget }) => ask({ q: currentTarget.value })}
            />
          </label>
          <label className="field">
            <span>{texts.form.room}</span>
            <input
              list="visited"
              defaultValue={room}
              key={room}
              placeholder={t.everyRoom}
              maxLength={LONGEST_ROOM_NAME}
              autoCapitalize="none"
              spellCheck={false}
              aria-invalid={wrong !== null}
              data-testid="recordings-room"
              onKeyDown={({ key, currentTarget }) => key === "Enter" && ask({ room: currentTarget.value.trim(), session: null })}
              onBlur={({ currentTarget }) => currentTarget.value.trim() !== room && ask({ room: currentTarget.value.trim(), session: null })}
            />
            <datalist id="visited">
              {visits.map(({ sessionId, roomName }) => (
                <option key={sessionId} value={roomName} />
              ))}
            </datalist>
          </label>
          <label className="field recordings-sort">
            <span>{t.sort}</span>
            <select value={sort} data-testid="recordings-sort" onChange={({ currentTarget }) => ask({ sort: currentTarget.value })}>
              {SORTS.map((each) => (
                <option key={each} value={each}>
                  {t.sorts[each]}
                </option>
              ))}
            </select>
          </label>
          <button type="button" className="button" aria-pressed={bin} data-testid="recordings-bin" onClick={() => ask({ bin: bin ? null : "" })}>
            {bin ? t.back : t.bin}
          </button>
        </div>
        {person && (
          <p className="recordings-person" data-testid="person">
            {t.with(person)}
            <button type="button" className="button button-small" data-testid="person-off" onClick={() => ask({ person: null })}>
              {t.everybody}
            </button>
          </p>
        )}
        {(wrong ?? problem) && (
          <p className="archives-problem" role="alert">
            {wrong ?? problem}
          </p>
        )}
        {nothing ? (
          <p className="archives-none">{t.noVisits}</p>
        ) : (
          !wrong && (
            <section aria-label={bin ? t.bin : t.title} aria-busy={items === null}>
              {items === null && !problem && <p role="status">{texts.end.loading}</p>}
              {items && (
                <p className="cards-count" role="status" data-testid="recordings-count">
                  {count === 0 ? (bin ? t.binEmpty : t.nothing) : t.found(count)}
                </p>
              )}
              {items && <FilmCards key={String(bin)} items={items} bin={bin} onChanged={again} onPerson={(name) => ask({ person: name })} />}
              {items && items.length < count && (
                <button type="button" className="button cards-more" data-testid="recordings-more" onClick={more}>
                  {t.more}
                </button>
              )}
            </section>
          )
        )}
        {visits.length > 0 && (
          <button
            type="button"
            className="button button-small recordings-forget"
            onClick={() => {
              forgetVisits();
              setVisits([]);
            }}
          >
            {t.forget}
          </button>
        )}
      </main>
    </div>
  );
}
