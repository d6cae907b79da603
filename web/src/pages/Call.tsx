// The call itself: one visit of one person to a room.
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { serverNow } from "../api/client";
import { useObservable } from "../components/hooks";
import { Notice } from "../components/Notice";
import { embedded, tellOuterPage, useOuterPage } from "../components/useOuterPage";
import { useVisit } from "../components/useVisit";
import type { EndReason } from "../room/phase";
import { texts } from "../texts";
import type { Visit } from "./EndPage";
import { InCall } from "./InCall";
import "./Call.css";

/** What the clocks here and at the server may be apart when one comes. */
const CLOCKS_APART_MS = 5000;

interface CallProps {
  roomName: string;
  name: string;
  /** An OpenTok token from whoever sent this person here. */
  token?: string | null;
  onAgain: () => void;
}

export default function Call({ roomName, name, token = null, onAgain }: CallProps) {
  const t = texts.call;
  const navigate = useNavigate();
  const client = useVisit(roomName, name, "guest", token);
  const view = useObservable(client.view);
  const { phase, sessionId, lastRenderedSessionId } = view;
  const endOf = (session: string) => `/room/${encodeURIComponent(roomName)}/${encodeURIComponent(session)}/end`;
  // The room's own session has the films of all its recordings: those of this visit are shown.
  const endSession = sessionId ?? lastRenderedSessionId;
  const [visit] = useState((): Visit => ({ since: serverNow() - CLOCKS_APART_MS }));

  useOuterPage(phase.at === "connected" ? "joined" : phase.at === "joining" || phase.at === "waiting" ? "joining" : "left", phase.at);
  useOuterPage("recording", view.recording.state);

  const [left, setLeft] = useState(false);
  const leave = () => {
    void client.leave();
    tellOuterPage("left", "ended");
    // What comes next is for the page around this one to say.
    if (embedded) return setLeft(true);
    void navigate(endSession ? endOf(endSession) : "/", { state: visit });
  };

  if (left) {
    return (
      <div className="call always-dark" data-testid="left">
        <Notice title={texts.end.title}>
          <button type="button" className="button button-main" onClick={onAgain}>
            {t.joinAgain}
          </button>
        </Notice>
      </div>
    );
  }

  if (phase.at === "failed") {
    return (
      <div className="call always-dark">
        <Notice title={t.failed} text={phase.message} urgent>
          <button type="button" className="button button-main" onClick={onAgain}>
            {t.tryAgain}
          </button>
          {!embedded && (
            <Link className="button" to="/">
              {t.home}
            </Link>
          )}
        </Notice>
      </div>
    );
  }

  if (phase.at === "ended") {
    const [title, more] = endTexts(phase.reason);
    return (
      <div className="call always-dark" data-testid="ended" data-reason={phase.reason}>
        <Notice title={title} text={more} urgent>
          <button type="button" className="button button-main" onClick={onAgain}>
            {t.joinAgain}
          </button>
          {endSession && !embedded && (
            <Link className="button" to={endOf(endSession)} state={visit}>
              {t.recordings}
            </Link>
          )}
        </Notice>
      </div>
    );
  }

  if (phase.at === "waiting") {
    return (
      <div className="call always-dark">
        <main className="call-joining" role="status" data-testid="waiting">
          <span className="call-spinner" />
          <h1>{texts.door.wait(roomName)}</h1>
          <p>{texts.door.waitMore}</p>
          <button type="button" className="button" onClick={() => void navigate("/")}>
            {texts.door.waitNo}
          </button>
        </main>
      </div>
    );
  }

  if (phase.at === "joining" || !view.me) {
    return (
      <div className="call always-dark">
        <main className="call-joining" role="status">
          <span className="call-spinner" />
          <p>{t.joining(roomName)}</p>
        </main>
      </div>
    );
  }

  return <InCall client={client} view={view} me={view.me} reconnecting={phase.reconnecting} onLeave={leave} />;
}

function endTexts(reason: EndReason): [title: string, more: string] {
  const t = texts.ended;
  switch (reason) {
    case "removed":
      return [t.removed, t.removedMore];
    case "duplicate":
      return [t.duplicate, t.duplicateMore];
    case "closed":
      return [t.closed, t.closedMore];
    case "lost":
      return [t.lost, t.lostMore];
  }
}
