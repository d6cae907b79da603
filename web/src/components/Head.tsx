// The line above every page but the call.
import { Link } from "react-router";
import { texts } from "../texts";
import { LanguageChoice } from "./LanguageChoice";
import { Logo } from "./Logo";

export function Head() {
  return (
    <header className="head">
      <Logo />
      <Link className="head-link" to="/recordings">
        {texts.recordings.title}
      </Link>
      <LanguageChoice />
    </header>
  );
}
