// The call itself: one visit of one person to a room.
import { Link, useNavigate } from "react-router";
import { Controls } from "../components/Controls";
import { useSignal } from "../components/hooks";
import { Icon } from "../components/Icon";
import { Notice } from "../components/Notice";
import { Sounds } from "../components/Sounds";
import { Stage } from "../components/Stage";
import { Toasts } from "../components/Toasts";
import { useVisit } from "../components/useVisit";
import type { EndReason } from "../room/RoomClient";
import { texts } from "../texts";
import "./Call.css";

interface CallProps {
  roomName: string;
  name: string;
  onAgain: () => void;
}

export function Call({ roomName, name, onAgain }: CallProps) {
  const t = texts.call;
  const navigate = useNavigate();
  const client = useVisit(roomName, name, "guest");
  const { phase, sessionId, me, others, recording, lastRenderedSessionId, canHear, toasts, announcement } = useSignal(client.view);
  const endOf = (session: string) => `/room/${encodeURIComponent(roomName)}/${encodeURIComponent(session)}/end`;
  const endSession = lastRenderedSessionId ?? sessionId;

  const leave = () => {
    void client.leave();
    void navigate(endSession ? endOf(endSession) : "/");
  };

  const copyLink = () => {
    const link = `${window.location.origin}/room/${encodeURIComponent(roomName)}`;
    // The clipboard is missing on insecure origins.
    const copying = (navigator.clipboard as Clipboard | undefined)?.writeText(link) ?? Promise.reject(new Error());
    copying.then(
      () => client.toast("info", t.copied),
      () => client.toast("info", t.copyFailed),
    );
  };

  if (phase.at === "failed") {
    return (
      <div className="call always-dark">
        <Notice title={t.failed} text={phase.message} urgent>
          <button type="button" className="button button-main" onClick={onAgain}>
            {t.tryAgain}
          </button>
          <Link className="button" to="/">
            {t.home}
          </Link>
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
          {endSession && (
            <Link className="button" to={endOf(endSession)}>
              {t.recordings}
            </Link>
          )}
        </Notice>
      </div>
    );
  }

  if (phase.at === "joining" || !me) {
    return (
      <div className="call always-dark">
        <main className="call-joining" role="status">
          <span className="call-spinner" />
          <p>{t.joining(roomName)}</p>
        </main>
      </div>
    );
  }

  return (
    <div className="call always-dark">
      <header className="call-head">
        <h1>{roomName}</h1>
        <span className="call-count">{t.people(others.length + 1)}</span>
        <button type="button" className="call-link" onClick={copyLink} aria-label={t.copyLink}>
          <Icon name="link" size={18} />
          <span>{t.copyLink}</span>
        </button>
      </header>
      {phase.reconnecting && (
        <p className="call-banner" role="status" data-testid="reconnecting">
          <span className="call-spinner" />
          {t.reconnecting}
        </p>
      )}
      <main className="call-main">
        <Stage people={[...others, me]} />
        {others.length === 0 && <p className="call-alone">{t.alone}</p>}
        {!canHear && (
          <button type="button" className="button button-main call-hear" onClick={() => void client.startAudio()}>
            <Icon name="sound" />
            {t.hear}
          </button>
        )}
      </main>
      <Controls client={client} me={me} recording={recording} onLeave={leave} />
      <Sounds tracks={others.flatMap((person) => person.sounds)} />
      <Toasts toasts={toasts} onDismiss={client.dismiss} />
      <p className="unseen" aria-live="polite" data-testid="announcer">
        {announcement}
      </p>
    </div>
  );
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
