// Who waits before the room's door, for those who may let them in.
import { useEffect, useRef } from "react";
import type { DoorNow } from "../api/types";
import { chime } from "../room/chime";
import { texts } from "../texts";
import "./DoorBar.css";

interface DoorBarProps {
  door: DoorNow | null;
  speakerId: string | null;
  onAnswer: (knock: string, admits: boolean) => void;
}

const MOST_SHOWN = 3;

export function DoorBar({ door, speakerId, onAnswer }: DoorBarProps) {
  const t = texts.door;
  const waiting = door?.waiting ?? [];
  const heard = useRef(new Set<string>());
  useEffect(() => {
    const fresh = (door?.waiting ?? []).filter(({ knock }) => !heard.current.has(knock));
    for (const { knock } of fresh) heard.current.add(knock);
    if (fresh.length > 0) chime(speakerId).catch(() => undefined);
  }, [door, speakerId]);
  return (
    <section className={waiting.length > 0 ? "door-bar" : "unseen"} aria-label={t.title} aria-live="polite" data-testid="door-bar">
      {waiting.slice(0, MOST_SHOWN).map(({ knock, name }) => (
        <p key={knock} className="door-knock" data-testid="knock" data-name={name}>
          <span className="door-name">{t.waits(name || texts.call.guest)}</span>
          <button type="button" className="button button-small" data-testid="deny" onClick={() => onAnswer(knock, false)}>
            {t.deny}
          </button>
          <button type="button" className="button button-small button-main" data-testid="admit" onClick={() => onAnswer(knock, true)}>
            {t.admit}
          </button>
        </p>
      ))}
      {waiting.length > MOST_SHOWN && <p>{texts.call.more(waiting.length - MOST_SHOWN)}</p>}
    </section>
  );
}
