// `/admin`: how the server is doing, for whoever hosts it.
import { useEffect, useState } from "react";
import { ApiError, messageOf, readAdminState } from "../api/client";
import type { AdminState } from "../api/schema";
import { Head } from "../components/Head";
import { useTitle } from "../components/useTitle";
import { dateText, sizeText } from "../room/archives";
import { cpuShare } from "../room/load";
import { locale, texts } from "../texts";
import "./AdminPage.css";

const POLL_MS = 2000;
const TOKEN = "reelroom.adminToken";

interface Seen {
  state: AdminState | null;
  before: AdminState | null;
  problem: string | null;
  /** Whether a token would help. */
  closed: boolean;
}

export default function AdminPage() {
  const t = texts.admin;
  // For as long as the window is open, and no longer.
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN) ?? "");
  const [typed, setTyped] = useState("");
  const { state, before, problem, closed } = useAdminState(token);
  useTitle(`${t.title} – ${texts.product}`);

  const cpu = (id: string) => {
    const share = cpuShare(id, before, state);
    return share === null ? t.notYet : new Intl.NumberFormat(locale(), { style: "percent" }).format(share);
  };
  return (
    <div className="end">
      <Head />
      <main className="end-main admin">
        <h1>{t.title}</h1>
        {problem && (
          <p className="admin-problem" role="alert">
            {problem}
          </p>
        )}
        {closed && (
          <form
            className="admin-token"
            onSubmit={(event) => {
              event.preventDefault();
              sessionStorage.setItem(TOKEN, typed);
              setToken(typed);
            }}
          >
            <label className="field">
              <span>{t.token}</span>
              <input type="password" autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} data-testid="admin-token" />
            </label>
            <button type="submit" className="button">
              {t.show}
            </button>
          </form>
        )}
        {state && (
          <>
            <Table
              title={t.rooms}
              none={t.noRooms}
              heads={[t.room, t.people, t.since]}
              rows={state.rooms.map(({ name, people, since }) => ({ id: name, cells: [name, people, dateText(since)] }))}
              testId="admin-rooms"
            />
            <Table
              title={t.recordings}
              none={t.noRecordings}
              heads={[t.room, t.state, t.since, t.lost, t.cpu]}
              rows={state.renders.map(({ id, roomName, status, since, lostPackets }) => ({
                id,
                cells: [roomName, stateText(status), dateText(since), lostPackets, cpu(id)],
              }))}
              testId="admin-renders"
            />
            <Table
              title={t.films}
              none={t.noFilms}
              heads={[t.room, t.state, t.lag, t.cpu]}
              rows={state.archives.map(({ id, name, status, behindSeconds }) => ({
                id,
                cells: [name, stateText(status), t.seconds(behindSeconds.toFixed(1)), cpu(id)],
              }))}
              testId="admin-archives"
            />
            <section>
              <h2>{t.disk}</h2>
              <p data-testid="admin-disk">{t.free(sizeText(state.disk.free), sizeText(state.disk.total))}</p>
              <meter
                aria-label={t.disk}
                min={0}
                max={state.disk.total}
                high={state.disk.total * 0.9}
                value={state.disk.total - state.disk.free}
              />
            </section>
            <section>
              <h2>{t.callbacks}</h2>
              <p data-testid="admin-callbacks">{t.waiting(state.callbacksWaiting)}</p>
            </section>
          </>
        )}
      </main>
    </div>
  );
}

interface TableProps {
  title: string;
  none: string;
  heads: string[];
  rows: { id: string; cells: (string | number)[] }[];
  testId: string;
}

function Table({ title, none, heads, rows, testId }: TableProps) {
  return (
    <section>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="admin-none">{none}</p>
      ) : (
        <table data-testid={testId}>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, cells }) => (
              <tr key={id}>
                {cells.map((cell, n) => (
                  <td key={n} data-head={heads[n]}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function stateText(status: string): string {
  const states: Partial<Record<string, string>> = texts.admin.states;
  return states[status] ?? status;
}

function useAdminState(token: string): Seen {
  const [seen, setSeen] = useState<Seen>({ state: null, before: null, problem: null, closed: false });
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      try {
        const state = await readAdminState(token, leaving.signal);
        setSeen(({ state: before }) => ({ state, before, problem: null, closed: false }));
      } catch (error) {
        if (leaving.signal.aborted) return;
        const closed = error instanceof ApiError && error.status === 403;
        setSeen((last) => ({ ...last, state: closed ? null : last.state, problem: messageOf(error), closed }));
        if (closed) return;
      }
      timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [token]);
  return seen;
}
