// The people of a call: a grid, or a shared screen with the people beside it.
import { useLayoutEffect, useRef, useState } from "react";
import { bestGrid } from "../room/grid";
import type { Person } from "../room/people";
import { ScreenTile, Tile } from "./Tile";
import "./Stage.css";

const GAP = 10;

export function Stage({ people }: { people: Person[] }) {
  const sharing = people.filter((person) => person.screen !== null);
  // Somebody else's screen before one's own.
  const shown = sharing.find((person) => !person.isLocal) ?? sharing[0];
  if (!shown) return <Grid people={people} />;
  return (
    <div className="stage stage-shared">
      <ScreenTile person={shown} />
      <ul className="stage-strip">
        {people.map((person) => (
          <Tile key={person.identity} person={person} />
        ))}
      </ul>
    </div>
  );
}

function Grid({ people }: { people: Person[] }) {
  const list = useRef<HTMLUListElement>(null);
  const [box, setBox] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setBox({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { columns, width, height } = bestGrid(people.length, box.width, box.height, GAP);
  const style = { "--columns": columns, "--tile-width": `${width}px`, "--tile-height": `${height}px`, "--gap": `${GAP}px` };
  return (
    <ul className="stage stage-grid" ref={list} style={style}>
      {people.map((person) => (
        <Tile key={person.identity} person={person} />
      ))}
    </ul>
  );
}
