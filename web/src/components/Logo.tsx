// The product's mark, as a way back to the start.
import { Link } from "react-router";
import { texts } from "../texts";

export function Logo() {
  return (
    <Link to="/" className="logo">
      <svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
        <circle cx="12" cy="12" r="9.6" fill="none" stroke="currentColor" strokeWidth="2" />
        <circle cx="12" cy="12" r="4.1" fill="var(--record)" />
      </svg>
      {texts.product}
    </Link>
  );
}
