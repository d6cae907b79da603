// One person, or one shared screen, in the call.
import { REACTIONS } from "../room/messages";
import type { Shown } from "../room/Gestures";
import type { Person } from "../room/people";
import type { Rect } from "../room/seating";
import { texts } from "../texts";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { Picture } from "./Picture";
import { placed } from "./Stage";
import "./Tile.css";

interface Placed {
  person: Person;
  place: Rect;
  pinned: boolean;
  onPin: (pin: boolean) => void;
}

export function Tile({ person, place, large, pinned, reactions, onPin }: Placed & { large: boolean; reactions: readonly Shown[] }) {
  const t = texts.call;
  const { name, identity, isLocal, speaking, muted, quality, hand, camera } = person;
  return (
    <li
      className={speaking ? "tile tile-speaking" : "tile"}
      style={placed(place)}
      data-testid="tile"
      data-identity={identity}
      data-name={name}
      data-large={large}
      data-speaking={speaking}
      data-quality={quality}
      onDoubleClick={() => onPin(!pinned)}
    >
      {/* Below the picture, so that there is something to see until its first frame. */}
      <Avatar name={name} identity={identity} />
      {camera && <Picture track={camera} mirrored={isLocal} whole={large && place.width > place.height} label={name} />}
      {hand !== null && (
        <span className="tile-hand" role="img" aria-label={t.hand} data-testid="hand-mark">
          <Icon name="hand" size={20} />
        </span>
      )}
      <div className="tile-label">
        {muted && (
          <span className="tile-muted" role="img" aria-label={t.muted} data-testid="muted-mark">
            <Icon name="microphoneOff" size={15} />
          </span>
        )}
        <span className="tile-name">
          <bdi>{name}</bdi>
          {isLocal && <span className="tile-you"> ({t.you})</span>}
        </span>
        {quality !== "good" && (
          <span className="tile-weak" role="img" aria-label={t[quality]} data-testid="weak-mark">
            <Icon name="weak" size={15} />
          </span>
        )}
      </div>
      <PinButton name={name} pinned={pinned} onPin={onPin} />
      {reactions.map(({ id, reaction }) => (
        <span key={id} className="tile-reaction" data-testid="reaction" data-emoji={REACTIONS[reaction]} style={{ "--drift": ((id * 37) % 50) - 25 }}>
          <Icon name={reaction} size={44} />
        </span>
      ))}
    </li>
  );
}

export function ScreenTile({ person, place, pinned, onPin }: Placed) {
  if (!person.screen) return null;
  const label = person.isLocal ? texts.call.yourScreen : texts.call.screenOf(person.name);
  return (
    <li className="tile tile-screen" style={placed(place)} data-testid="screen" data-identity={person.identity} onDoubleClick={() => onPin(!pinned)}>
      <Picture track={person.screen} whole label={label} />
      <div className="tile-label">
        <Icon name="screen" size={15} />
        <span className="tile-name">{label}</span>
      </div>
      <PinButton name={label} pinned={pinned} onPin={onPin} />
    </li>
  );
}

function PinButton({ name, pinned, onPin }: { name: string; pinned: boolean; onPin: (pin: boolean) => void }) {
  const label = pinned ? texts.call.unpin(name) : texts.call.pin(name);
  return (
    <button
      type="button"
      className={pinned ? "tile-pin tile-pinned" : "tile-pin"}
      aria-pressed={pinned}
      aria-label={label}
      title={label}
      data-testid="pin"
      onClick={() => onPin(!pinned)}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <Icon name="pin" size={18} />
    </button>
  );
}
