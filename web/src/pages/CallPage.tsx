// `/room/:roomName`: asks for a name if there is none, then shows the call.
import { lazy, useState } from "react";
import { useLocation, useParams, useSearchParams } from "react-router";
import { Head } from "../components/Head";
import { useTitle } from "../components/useTitle";
import { JoinForm } from "../components/JoinForm";
import { rememberedName } from "../room/memory";
import { texts } from "../texts";
import "./HomePage.css";

const loadCall = () => import("./Call");
const Call = lazy(loadCall);

export function CallPage() {
  const { roomName = "" } = useParams();
  const [query] = useSearchParams();
  const location = useLocation();
  const [chosen, setChosen] = useState("");
  const [visit, setVisit] = useState(1);
  useTitle(`${roomName} – ${texts.product}`);

  const told = (location.state as { name?: string } | null)?.name;
  // A token from the page around this one; what stands behind the # no server sees.
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const name = query.get("name")?.trim() || chosen || told || rememberedName();
  if (!name) {
    return (
      <div className="home">
        <Head />
        <main className="home-main" onFocusCapture={() => void loadCall()}>
          <JoinForm room={roomName} onJoin={setChosen} />
        </main>
      </div>
    );
  }
  return <Call key={`${roomName} ${visit}`} roomName={roomName} name={name} token={token} onAgain={() => setVisit(visit + 1)} />;
}
