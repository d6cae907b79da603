// Calm messages about what went wrong or was done.
import { useEffect } from "react";
import type { Toast, Toaster } from "../room/Toaster";
import { texts } from "../texts";
import { useObservable } from "./hooks";
import { Icon } from "./Icon";
import "./Toasts.css";

const SHOWN_MS = 9000;

export function Toasts({ toaster }: { toaster: Toaster }) {
  const toasts = useObservable(toaster.toasts);
  return (
    <div className="toasts">
      {toasts.map((toast) => (
        <Item key={toast.id} toast={toast} onDismiss={toaster.dismiss} />
      ))}
    </div>
  );
}

function Item({ toast, onDismiss }: { toast: Toast; onDismiss: (id: number) => void }) {
  const { id, tone, text, link, spoken } = toast;
  const leads = link !== undefined;
  useEffect(() => {
    if (leads) return;
    const timer = setTimeout(() => onDismiss(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, leads, onDismiss]);
  return (
    <div className={`toast toast-${tone}`} role={spoken ? undefined : tone === "error" ? "alert" : "status"} data-testid="toast">
      <p>{text}</p>
      {link && (
        // Not in this window, where the call goes on.
        <a className="button button-small button-main" href={link.href} target="_blank" rel="noopener">
          {link.text}
        </a>
      )}
      <button type="button" className="toast-close" aria-label={texts.call.dismiss} onClick={() => onDismiss(id)}>
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}
