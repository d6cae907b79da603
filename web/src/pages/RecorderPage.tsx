// `/room/recorder/:roomName`: what a recorder shows, the active speaker large and nothing to press.
import { useEffect, useState } from "react";
import { useParams } from "react-router";
import { Avatar } from "../components/Avatar";
import { useSignal, useTitle } from "../components/hooks";
import { Picture } from "../components/Picture";
import { Sounds } from "../components/Sounds";
import { useVisit } from "../components/useVisit";
import { RECORDER_NAME } from "../room/people";
import { nextStage, type Stage } from "../room/stage";
import { texts } from "../texts";
import "./RecorderPage.css";

/** How often the stage is looked at again when nothing happens: a hold may have ended. */
const LOOK_MS = 250;
/** A recorder has nobody to press "Try again". */
const RETRY_MS = 3000;

export function RecorderPage() {
  const { roomName = "" } = useParams();
  const [visit, setVisit] = useState(1);
  useTitle(`${roomName} – ${texts.product}`);
  return <Recorder key={`${roomName} ${visit}`} roomName={roomName} onLost={() => setVisit(visit + 1)} />;
}

function Recorder({ roomName, onLost }: { roomName: string; onLost: () => void }) {
  const client = useVisit(roomName, RECORDER_NAME, "viewer");
  const [stage, setStage] = useState<Stage | null>(null);
  const { phase, others } = useSignal(client.view);

  useEffect(() => {
    const look = () => {
      const { others: people, speakers } = client.view.get();
      const input = {
        people: people.map(({ identity }) => identity),
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

  const person = others.find(({ identity }) => identity === stage?.identity);
  const picture = person && (stage?.kind === "screen" ? person.screen : person.camera);
  const label = person && (stage?.kind === "screen" ? texts.call.screenOf(person.name) : person.name);
  return (
    <div className="recorder always-dark">
      <div
        className="recorder-stage"
        data-testid="recorder-stage"
        data-state={phase.at}
        data-identity={person?.identity}
        data-name={person?.name}
        data-kind={person && stage?.kind}
      >
        {picture && <Picture key={stage?.kind} track={picture} whole />}
        {person && !picture && <Avatar name={person.name} identity={person.identity} />}
        {label && <p className="recorder-name">{label}</p>}
      </div>
      <Sounds tracks={others.flatMap(({ sounds }) => sounds)} />
    </div>
  );
}
