// Tells whoever is in a call that they are being recorded, so that nobody can miss it, and asks where the server does.
import { useEffect, useState } from "react";
import { chime } from "../room/chime";
import { rememberedChoices } from "../room/memory";
import type { Consent } from "../room/people";
import { texts } from "../texts";
import "./RecordedNotice.css";

interface RecordedNoticeProps {
  /** Whether something records or broadcasts the room. */
  live: boolean;
  /** What this person has said of it; null where nobody asks. */
  consent: Consent | null;
  onConsent: (agrees: boolean) => void;
  onLeave: () => void;
}

export function RecordedNotice({ live, ...rest }: RecordedNoticeProps) {
  return live && <Recorded {...rest} />;
}

/** There for as long as one recording is: the next one is told of anew. */
function Recorded({ consent, onConsent, onLeave }: Omit<RecordedNoticeProps, "live">) {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    // A browser that plays nothing yet shows the words and the frame.
    chime(rememberedChoices().speakerId).catch(() => undefined);
  }, []);
  return (
    <>
      <div className="recorded-frame" aria-hidden="true" data-testid="recorded-frame" />
      {consent === null ? (
        !seen && <Told onSeen={() => setSeen(true)} onLeave={onLeave} />
      ) : (
        <Asked consent={consent} onConsent={onConsent} onLeave={onLeave} />
      )}
    </>
  );
}

function Told({ onSeen, onLeave }: { onSeen: () => void; onLeave: () => void }) {
  const t = texts.recorded;
  return (
    <section className="recorded" role="alert" data-testid="recorded">
      <span className="record-dot" />
      <p>{t.told}</p>
      <button type="button" className="button button-small" data-testid="recorded-seen" onClick={onSeen}>
        {t.seen}
      </button>
      <button type="button" className="button button-small" onClick={onLeave}>
        {texts.controls.leave}
      </button>
    </section>
  );
}

function Asked({ consent, onConsent, onLeave }: { consent: Consent; onConsent: (agrees: boolean) => void; onLeave: () => void }) {
  const t = texts.recorded;
  const words = { asked: t.asked, given: t.given, declined: t.declined };
  return (
    <section className={`recorded recorded-${consent}`} role={consent === "asked" ? "alert" : "status"} data-testid="recorded" data-consent={consent}>
      <span className="record-dot" />
      <p>{words[consent]}</p>
      {consent !== "given" && (
        <button type="button" className="button button-small button-main" data-testid="consent-yes" onClick={() => onConsent(true)}>
          {t.agree}
        </button>
      )}
      {consent !== "declined" && (
        <button type="button" className="button button-small" data-testid="consent-no" onClick={() => onConsent(false)}>
          {t.decline}
        </button>
      )}
      {consent === "asked" && (
        <button type="button" className="button button-small" onClick={onLeave}>
          {texts.controls.leave}
        </button>
      )}
    </section>
  );
}
