// Everybody in a call: who is muted, weakly connected or has a hand up, and what can be done about them.
import { useState } from "react";
import type { Door } from "../api/types";
import type { Person } from "../room/people";
import { texts } from "../texts";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { Panel } from "./Panel";
import { Switch } from "./Switch";
import "./PeoplePanel.css";

interface PeoplePanelProps {
  people: Person[];
  /** The names of recorders that listen, too, and of what writes captions. */
  recorders: string[];
  pinned: string | null;
  moderates: boolean;
  /** How the room's door stands, for who moderates. */
  door: Door | null;
  onDoor: (door: Door) => void;
  /** Whether recordings may have transcripts; null for who does not moderate, and where there are none. */
  transcripts: boolean | null;
  onTranscripts: (transcripts: boolean) => void;
  onPromote: (person: Person) => void;
  onPin: (key: string | null) => void;
  onMute: (people: Person[]) => void;
  onRemove: (person: Person) => void;
  onClose: () => void;
}

/** Raised hands come first, the longest up before the others. */
export function inOrder(people: readonly Person[]): Person[] {
  return [...people].sort((a, b) => (a.hand ?? Infinity) - (b.hand ?? Infinity) || 0);
}

export default function PeoplePanel({ people, recorders, pinned, moderates, door, onDoor, transcripts, onTranscripts, onPromote, onPin, onMute, onRemove, onClose }: PeoplePanelProps) {
  const t = texts.people;
  const [asked, setAsked] = useState<string | null>(null);
  const others = people.filter(({ isLocal }) => !isLocal);
  return (
    <Panel title={`${t.title} (${people.length})`} testId="people-panel" onClose={onClose}>
      {door && (
        <label className="field people-door">
          <span>{texts.door.comes}</span>
          <select value={door} data-testid="door" onChange={({ target }) => onDoor(target.value as Door)}>
            {(["open", "waiting", "locked"] as const).map((each) => (
              <option key={each} value={each}>
                {texts.door.doors[each]}
              </option>
            ))}
          </select>
        </label>
      )}
      {transcripts !== null && (
        <div className="people-transcripts">
          <Switch on={transcripts} testId="transcripts" onChange={onTranscripts}>
            {t.transcripts}
          </Switch>
        </div>
      )}
      <ul className="people-list">
        {inOrder(people).map((person) => {
          const { identity, name, isLocal } = person;
          const isPinned = pinned === identity;
          return (
            <li key={identity} className="person" data-testid="person" data-name={name}>
              <span className="person-picture">
                <Avatar name={name} identity={identity} />
              </span>
              <span className="person-name">
                <bdi>{name}</bdi> {isLocal && <small>({texts.call.you})</small>}
                {person.promoted && <small> {t.moderator}</small>}
                {person.consent === "declined" && <small> {t.notRecorded}</small>}
              </span>
              <PersonMarks person={person} />
              <button
                type="button"
                className={isPinned ? "round round-on" : "round"}
                aria-pressed={isPinned}
                aria-label={isPinned ? texts.call.unpin(name) : texts.call.pin(name)}
                title={isPinned ? texts.call.unpin(name) : texts.call.pin(name)}
                onClick={() => onPin(isPinned ? null : identity)}
              >
                <Icon name="pin" size={18} />
              </button>
              {moderates && !isLocal && (
                <>
                  {!person.promoted && (
                    <button
                      type="button"
                      className="round"
                      aria-label={t.promote(name)}
                      title={t.promote(name)}
                      data-testid="promote-person"
                      onClick={() => onPromote(person)}
                    >
                      <Icon name="promote" size={18} />
                    </button>
                  )}
                  <button
                    type="button"
                    className="round"
                    aria-label={t.mute(name)}
                    title={t.mute(name)}
                    disabled={person.muted}
                    data-testid="mute-person"
                    onClick={() => onMute([person])}
                  >
                    <Icon name="microphoneOff" size={18} />
                  </button>
                  <button
                    type="button"
                    className="round"
                    aria-label={t.remove(name)}
                    title={t.remove(name)}
                    data-testid="remove-person"
                    onClick={() => setAsked(identity)}
                  >
                    <Icon name="remove" size={18} />
                  </button>
                </>
              )}
              {asked === identity && (
                <div className="person-sure" role="group" aria-label={t.removeSure(name)}>
                  <p>{t.removeSure(name)}</p>
                  <button type="button" className="button button-small" autoFocus onClick={() => setAsked(null)}>
                    {t.removeNo}
                  </button>
                  <button
                    type="button"
                    className="button button-small button-bad"
                    data-testid="remove-yes"
                    onClick={() => {
                      setAsked(null);
                      onRemove(person);
                    }}
                  >
                    {t.removeYes}
                  </button>
                </div>
              )}
            </li>
          );
        })}
        {recorders.map((name, n) => (
          <li key={`recorder ${String(n)}`} className="person" data-testid="recorder" data-name={name}>
            <span className="person-picture person-recorder">
              <span className="record-dot" />
            </span>
            <span className="person-name">
              <bdi>{name}</bdi> <small>({name === texts.captions.service ? t.writesDown : t.listens})</small>
            </span>
          </li>
        ))}
      </ul>
      {moderates && others.length > 0 && (
        <footer className="people-all">
          <button type="button" className="button" data-testid="mute-all" onClick={() => onMute(others)}>
            <Icon name="microphoneOff" size={18} />
            {t.muteAll}
          </button>
        </footer>
      )}
    </Panel>
  );
}

function PersonMarks({ person: { hand, muted, quality, speaking } }: { person: Person }) {
  const t = texts.call;
  return (
    <span className="person-marks">
      {hand !== null && (
        <span className="mark-hand" role="img" aria-label={t.hand} title={t.hand}>
          <Icon name="hand" size={18} />
        </span>
      )}
      {quality !== "good" && (
        <span className="mark-weak" role="img" aria-label={t[quality]} title={t[quality]}>
          <Icon name="weak" size={18} />
        </span>
      )}
      {muted && (
        <span className="mark-muted" role="img" aria-label={t.muted} title={t.muted}>
          <Icon name="microphoneOff" size={18} />
        </span>
      )}
      {speaking && (
        <span className="mark-speaking" role="img" aria-label={t.speaking} title={t.speaking}>
          <Icon name="sound" size={18} />
        </span>
      )}
    </span>
  );
}
