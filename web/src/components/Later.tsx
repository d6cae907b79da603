// A part of the page that is loaded when it is first needed, and says so when that fails.
import { Component, Suspense, type ReactNode } from "react";
import { texts } from "../texts";

interface LaterProps {
  /** What is shown meanwhile. */
  meanwhile?: ReactNode;
  children: ReactNode;
}

export function Later({ meanwhile = null, children }: LaterProps) {
  return (
    <Boundary>
      <Suspense fallback={meanwhile}>{children}</Suspense>
    </Boundary>
  );
}

class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? (
      <p className="broken" role="alert">
        {texts.errors.part}
      </p>
    ) : (
      this.props.children
    );
  }
}
