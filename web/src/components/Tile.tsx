// One person, or one shared screen, in the call.
import type { Person } from "../room/people";
import { texts } from "../texts";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { Picture } from "./Picture";
import "./Tile.css";

export function Tile({ person }: { person: Person }) {
  const { name, identity, isLocal, speaking, muted, weak, camera } = person;
  return (
    <li className={speaking ? "tile tile-speaking" : "tile"} data-testid="tile" data-identity={identity} data-name={name}>
      {/* Below the picture, so that there is something to see until its first frame. */}
      <Avatar name={name} identity={identity} />
      {camera && <Picture track={camera} mirrored={isLocal} label={name} />}
      <div className="tile-label">
        {muted && (
          <span className="tile-muted" role="img" aria-label={texts.call.muted}>
            <Icon name="microphoneOff" size={15} />
          </span>
        )}
        <span className="tile-name">
          {name}
          {isLocal && <span className="tile-you"> ({texts.call.you})</span>}
        </span>
        {weak && (
          <span className="tile-weak" role="img" aria-label={texts.call.weak}>
            <Icon name="weak" size={15} />
          </span>
        )}
      </div>
    </li>
  );
}

export function ScreenTile({ person }: { person: Person }) {
  if (!person.screen) return null;
  const label = person.isLocal ? texts.call.yourScreen : texts.call.screenOf(person.name);
  return (
    <div className="tile tile-screen" data-testid="screen" data-identity={person.identity}>
      <Picture track={person.screen} whole label={label} />
      <div className="tile-label">
        <Icon name="screen" size={15} />
        <span className="tile-name">{label}</span>
      </div>
    </div>
  );
}
