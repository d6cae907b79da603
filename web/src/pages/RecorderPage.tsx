// `/room/recorder/:roomName#grant=…`: what the default layout of a film shows, and nothing to press.
import { RoomAudioRenderer } from "@livekit/components-react";
import { useEffect, useState } from "react";
import { useLocation, useParams } from "react-router";
import { FilmTile, Nobody } from "../components/FilmTile";
import { useObservable } from "../components/hooks";
import { useTitle } from "../components/useTitle";
import { useVisit } from "../components/useVisit";
import { emptyStage, nextStage, type Stage } from "../room/stage";
import { texts } from "../texts";
import "@fontsource-variable/noto-sans/wght.css";
import "./RecorderPage.css";

/** How often the stage is looked at again when nothing happens: a hold may have ended. */
const LOOK_MS = 250;
/** A recorder has nobody to press "Try again". */
const RETRY_MS = 3000;

export default function RecorderPage() {
  const { roomName = "" } = useParams();
  const [visit, setVisit] = useState(1);
  useTitle(`${roomName} – ${texts.product}`);
  return <Recorder key={`${roomName} ${visit}`} roomName={roomName} onLost={() => setVisit(visit + 1)} />;
}

function Recorder({ roomName, onLost }: { roomName: string; onLost: () => void }) {
  // Without a grant whoever opens this page is one of the people in the room, and shown to the others.
  const grant = new URLSearchParams(useLocation().hash.slice(1)).get("grant");
  const client = useVisit(roomName, texts.people.recorder, "viewer", null, grant);
  const [{ shot }, setStage] = useState<Stage>(emptyStage);
  const { phase, others } = useObservable(client.view);

  useEffect(() => {
    const look = () => {
      const { others: people, speakers } = client.view.get();
      const input = {
        people: people.map(({ identity }) => identity),
        lit: people.filter(({ camera }) => camera).map(({ identity }) => identity),
        screens: people.filter(({ screen }) => screen).map(({ identity }) => identity),
        speakers,
        now: performance.now(),
      };
      setStage((before) => nextStage(before, input));
    };
    const unwatch = client.view.watch(look);
    const timer = setInterval(look, LOOK_MS);
    return () => {
      unwatch();
      clearInterval(timer);
    };
  }, [client]);

  const over = phase.at === "failed" || phase.at === "ended";
  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(onLost, RETRY_MS);
    return () => clearTimeout(timer);
  }, [over, onLost]);

  const person = others.find(({ identity }) => identity === shot?.identity);
  const inset = others.find(({ identity }) => identity === shot?.inset);
  const screen = shot?.kind === "screen";
  return (
    // Films look the same in every language.
    <div className="recorder always-dark" dir="ltr">
      <div
        className="recorder-stage"
        data-testid="recorder-stage"
        data-state={phase.at}
        data-identity={person?.identity}
        data-name={person?.name}
        data-kind={person && shot?.kind}
      >
        {person ? (
          <FilmTile
            key={`${person.identity} ${String(screen)}`}
            person={person}
            picture={screen ? person.screen : person.camera}
            screen={screen}
          />
        ) : (
          <Nobody />
        )}
        {inset?.camera && <FilmTile key={inset.identity} person={inset} picture={inset.camera} inset />}
      </div>
      <RoomAudioRenderer room={client.room} />
    </div>
  );
}
