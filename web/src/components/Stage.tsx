// The people of a call and what they share: all of one size, or one large with the others beside it.
import { useLayoutEffect, useRef, useState } from "react";
import type { Shown } from "../room/Gestures";
import { screenKey, type Person } from "../room/people";
import { arrange, pagesOf, seat, type Box, type Rect } from "../room/seating";
import { texts } from "../texts";
import { Icon } from "./Icon";
import { ScreenTile, Tile } from "./Tile";
import "./Stage.css";

export type View = "grid" | "speaker";

interface StageProps {
  me: Person;
  /** Whether one does without one's own picture; alone one sees it all the same. */
  hidesMe: boolean;
  others: Person[];
  speakers: readonly string[];
  /** Who is large in the speaker view. */
  speaker: string | null;
  view: View;
  /** The key of the tile that this person wants large. */
  pinned: string | null;
  reactions: readonly Shown[];
  onPin: (key: string | null) => void;
}

export function Stage({ me, hidesMe, others, speakers, speaker, view, pinned, reactions, onPin }: StageProps) {
  const [frame, box] = useBox();
  const sharing = [me, ...others].filter((person) => person.screen !== null);
  const people = hidesMe && others.length > 0 ? others : [me, ...others];
  const keys = [...sharing.map(({ identity }) => screenKey(identity)), ...people.map(({ identity }) => identity)];
  // Somebody else's screen before one's own.
  const shared = sharing.find((person) => !person.isLocal) ?? sharing[0];
  const wanted = pinned !== null && keys.includes(pinned) ? pinned : null;
  const large = wanted ?? (shared ? screenKey(shared.identity) : view === "speaker" ? speaker : null);
  const around = keys.filter((key) => key !== large);
  const pages = pagesOf(around.length, box, large !== null);
  const [turned, setTurned] = useState(0);
  const page = Math.min(turned, pages.count - 1);
  const order = useOrder(around, pages.capacity, speakers, page);
  const first = page * pages.capacity;
  const shown = order.slice(first, first + pages.capacity);
  const places = seat(large === null ? shown : [large, ...shown], pages.box, large);
  return (
    <div className="stage" ref={frame} data-testid="stage" data-large={large ?? ""}>
      <ul className="stage-tiles">
        {box.width > 0 &&
          sharing.map((person) => {
            const key = screenKey(person.identity);
            const place = places.get(key);
            return place && <ScreenTile key={key} person={person} place={place} pinned={wanted === key} onPin={(pin) => onPin(pin ? key : null)} />;
          })}
        {box.width > 0 &&
          people.map((person) => {
            const key = person.identity;
            const place = places.get(key);
            return (
              place && (
                <Tile
                  key={key}
                  person={person}
                  place={place}
                  large={key === large}
                  pinned={wanted === key}
                  reactions={reactions.filter(({ identity }) => identity === key)}
                  onPin={(pin) => onPin(pin ? key : null)}
                />
              )
            );
          })}
      </ul>
      {box.width > 0 && pages.count > 1 && (
        <nav className="stage-pages" aria-label={texts.call.pages} data-testid="pages">
          <button type="button" className="round" disabled={page === 0} aria-label={texts.call.pageBefore} title={texts.call.pageBefore} data-testid="page-before" onClick={() => setTurned(page - 1)}>
            <Icon name="before" size={20} />
          </button>
          <span role="status">{texts.call.page(first + 1, first + shown.length, around.length)}</span>
          <button type="button" className="round" disabled={page === pages.count - 1} aria-label={texts.call.pageNext} title={texts.call.pageNext} data-testid="page-next" onClick={() => setTurned(page + 1)}>
            <Icon name="next" size={20} />
          </button>
        </nav>
      )}
    </div>
  );
}

export const placed = ({ left, top, width, height }: Rect) => ({
  "--x": `${Math.round(left)}px`,
  "--y": `${Math.round(top)}px`,
  width: Math.round(width),
  height: Math.round(height),
});

/** An element, and how large it is. */
function useBox(): [React.RefObject<HTMLDivElement | null>, Box] {
  const element = useRef<HTMLDivElement>(null);
  const [box, setBox] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const frame = element.current;
    if (!frame) return;
    const measure = () => setBox({ width: frame.clientWidth, height: frame.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(frame);
    return () => observer.disconnect();
  }, []);
  return [element, box];
}

/** The order of the tiles, which changes only when it must. */
function useOrder(keys: string[], capacity: number, speakers: readonly string[], page: number): string[] {
  const [before, setBefore] = useState(keys);
  const order = arrange(before, keys, capacity, speakers, page);
  const changed = order.length !== before.length || order.some((key, n) => key !== before[n]);
  if (changed) setBefore(order);
  return order;
}
