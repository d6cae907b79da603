// The frame of what opens beside a call: chat, people.
import { useEffect, useRef, type ReactNode } from "react";
import { texts } from "../texts";
import { Icon } from "./Icon";
import "./Panel.css";

interface PanelProps {
  title: string;
  testId: string;
  onClose: () => void;
  children: ReactNode;
}

export function Panel({ title, testId, onClose, children }: PanelProps) {
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const target = frame.current?.querySelector<HTMLElement>("textarea") ?? frame.current;
    target?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside
      ref={frame}
      className="panel"
      aria-label={title}
      data-testid={testId}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <header className="panel-head">
        <h2>{title}</h2>
        <button type="button" className="round" aria-label={texts.call.close} onClick={onClose}>
          <Icon name="close" size={20} />
        </button>
      </header>
      {children}
    </aside>
  );
}
