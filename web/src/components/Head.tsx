// The line above every page but the call.
import { Link } from "react-router";
import { texts } from "../texts";
import { Icon } from "./Icon";
import { LanguageChoice } from "./LanguageChoice";
import { Logo } from "./Logo";
import { embedded } from "./useOuterPage";

export function Head() {
  return (
    <header className="head">
      {/* In another page there is only the room. */}
      {!embedded && (
        <>
          <Logo />
          <Link className="head-link" to="/recordings">
            <Icon name="film" size={20} />
            <span>{texts.recordings.title}</span>
          </Link>
        </>
      )}
      <LanguageChoice />
    </header>
  );
}
