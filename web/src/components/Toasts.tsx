// Calm messages about what went wrong or was done.
import { useEffect } from "react";
import type { Toast } from "../room/RoomClient";
import { texts } from "../texts";
import { Icon } from "./Icon";
import "./Toasts.css";

const SHOWN_MS = 9000;

interface ToastsProps {
  toasts: readonly Toast[];
  onDismiss: (id: number) => void;
}

export function Toasts({ toasts, onDismiss }: ToastsProps) {
  return (
    <div className="toasts">
      {toasts.map((toast) => (
        <Item key={toast.id} toast={toast} onDismiss={onDismiss} />
      ))}
    </div>
  );
}

function Item({ toast, onDismiss }: { toast: Toast; onDismiss: (id: number) => void }) {
  const { id, tone, text } = toast;
  useEffect(() => {
    const timer = setTimeout(() => onDismiss(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, onDismiss]);
  return (
    <div className={`toast toast-${tone}`} role={tone === "error" ? "alert" : "status"} data-testid="toast">
      <p>{text}</p>
      <button type="button" className="toast-close" aria-label={texts.call.dismiss} onClick={() => onDismiss(id)}>
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}
