// A page with one thing to say and the ways on from it.
import type { ReactNode } from "react";
import "./Notice.css";

interface NoticeProps {
  title: string;
  text?: string;
  /** True if the page has to be read aloud at once. */
  urgent?: boolean;
  children?: ReactNode;
}

export function Notice({ title, text, urgent = false, children }: NoticeProps) {
  return (
    <main className="notice">
      <div role={urgent ? "alert" : undefined}>
        <h1>{title}</h1>
        {text && <p>{text}</p>}
      </div>
      <div className="notice-ways">{children}</div>
    </main>
  );
}
