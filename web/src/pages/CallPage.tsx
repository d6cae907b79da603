// `/room/:roomName`: the green room first, unless whoever sent this person here gave a name; then the call.
import { lazy, useState } from "react";
import { useLocation, useNavigate, useParams, useSearchParams } from "react-router";
import { Head } from "../components/Head";
import { useTitle } from "../components/useTitle";
import { JoinForm } from "../components/JoinForm";
import { texts } from "../texts";
import "./HomePage.css";

const loadCall = () => import("./Call");
const Call = lazy(loadCall);

export function CallPage() {
  const { roomName = "" } = useParams();
  const [query] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const [visit, setVisit] = useState(1);
  useTitle(`${roomName} – ${texts.product}`);

  const told = (location.state as { name?: string } | null)?.name;
  // A token from the page around this one; what stands behind the # no server sees.
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const name = query.get("name")?.trim() || told;
  // Kept with this place in the browser's history: who loads the page again is back at once.
  const join = (chosen: string) => void navigate({ search: location.search, hash: location.hash }, { replace: true, state: { name: chosen } });
  if (!name) {
    return (
      <div className="home">
        <Head />
        <main className="home-main" onFocusCapture={() => void loadCall()}>
          <JoinForm room={roomName} onJoin={join} />
        </main>
      </div>
    );
  }
  return <Call key={`${roomName} ${visit}`} roomName={roomName} name={name} token={token} onAgain={() => setVisit(visit + 1)} />;
}
