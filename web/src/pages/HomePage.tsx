// `/`: choose a name, a room and devices.
import { useNavigate } from "react-router";
import { useTitle } from "../components/hooks";
import { JoinForm } from "../components/JoinForm";
import { Logo } from "../components/Logo";
import { texts } from "../texts";
import "./HomePage.css";

export function HomePage() {
  const navigate = useNavigate();
  useTitle(`${texts.product} – ${texts.tagline}`);
  return (
    <div className="home">
      <header className="home-head">
        <Logo />
      </header>
      <main className="home-main">
        <JoinForm onJoin={(name, room) => void navigate(`/room/${encodeURIComponent(room)}`, { state: { name } })} />
      </main>
    </div>
  );
}
