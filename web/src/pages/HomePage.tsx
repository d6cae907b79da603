// `/`: choose a name, a room and devices.
import { useNavigate } from "react-router";
import { Head } from "../components/Head";
import { useTitle } from "../components/useTitle";
import { JoinForm } from "../components/JoinForm";
import { texts } from "../texts";
import "./HomePage.css";

export function HomePage() {
  const navigate = useNavigate();
  useTitle(`${texts.product} – ${texts.tagline}`);
  return (
    <div className="home">
      <Head />
      <main className="home-main">
        <JoinForm onJoin={(name, room) => void navigate(`/room/${encodeURIComponent(room)}`, { state: { name } })} />
      </main>
    </div>
  );
}
