// One tile as films have it: the picture whole, and the name for a moment after the cut; or a disc with initials, and
// the name below. A screen has no name over it. Its measures are those of `reelroom.composer`, drawing.py and cards.py.
import type { TrackReference } from "@livekit/components-react";
import { useEffect, useState } from "react";
import type { Person } from "../room/people";
import { filmHue, filmInitials } from "../room/names";
import { Icon } from "./Icon";
import { Picture } from "./Picture";
import "./FilmTile.css";

interface FilmTileProps {
  person: Person;
  picture: TrackReference | null;
  screen?: boolean;
  /** Small, over the tile before. */
  inset?: boolean;
}

export function FilmTile({ person: { name, muted }, picture, screen = false, inset = false }: FilmTileProps) {
  const { width = 16, height = 9 } = picture?.publication.dimensions ?? {};
  const shape = { "--shape": width / height };
  return (
    <div className={inset ? "film-tile film-inset" : "film-tile"} style={shape} data-testid={inset ? "recorder-inset" : undefined}>
      {picture ? <Picture track={picture} whole /> : <Disc name={name} muted={muted} />}
      {picture && !screen && (
        <div className="film-title">
          {muted && (
            <span className="film-muted">
              <Icon name="microphoneOff" size={16} />
            </span>
          )}
          {name && (
            <p className="film-name">
              <span dir="auto">{name}</span>
            </p>
          )}
        </div>
      )}
    </div>
  );
}

function Disc({ name, muted }: { name: string; muted: boolean }) {
  const [hue, setHue] = useState(0);
  useEffect(() => {
    let here = true;
    void filmHue(name).then((found) => here && setHue(found));
    return () => {
      here = false;
    };
  }, [name]);
  return (
    <div className="film-card">
      <span className="film-disc" style={{ "--hue": hue }} aria-hidden="true">
        {filmInitials(name)}
        {muted && (
          <span className="film-muted">
            <Icon name="microphoneOff" size={16} />
          </span>
        )}
      </span>
      {name && (
        <p className="film-caption" dir="auto">
          {name}
        </p>
      )}
    </div>
  );
}

/** An empty room: the shades of two who are not there. */
export function Nobody() {
  return (
    <div className="film-tile" data-testid="recorder-nobody">
      <svg className="film-nobody" viewBox="0 0 100 100" aria-hidden="true">
        {[30, 70].map((x) => (
          <g key={x}>
            <circle cx={x} cy={36} r={11} />
            <path d={`M${x - 18} 73a18 22 0 0 1 36 0Z`} />
          </g>
        ))}
      </svg>
    </div>
  );
}
