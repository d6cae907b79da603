// The window that stays over others, while there is one.
import { useEffect, useState } from "react";
import { pipKind } from "../room/pip";
import { embedded } from "./useOuterPage";

declare global {
  interface Window {
    documentPictureInPicture?: { requestWindow: (options: { width: number; height: number }) => Promise<Window> };
  }
}

/** Pixels of what is in it, until whoever looks at it makes it larger. */
const SIZE = { width: 380, height: 280 };

export const pip = pipKind(window, embedded);

interface PipWindow {
  window: Window | null;
  /** Opens it, or closes it again. */
  toggle: () => void;
}

/** `failed` is told where the browser opens none after all. */
export function usePipWindow(failed: () => void): PipWindow {
  const [open, setOpen] = useState<Window | null>(null);
  useEffect(() => {
    if (!open) return;
    const closed = () => setOpen(null);
    open.addEventListener("pagehide", closed);
    return () => {
      open.removeEventListener("pagehide", closed);
      open.close();
    };
  }, [open]);
  const toggle = () => {
    if (open) return setOpen(null);
    window.documentPictureInPicture?.requestWindow(SIZE).then(setOpen, failed);
  };
  return { window: open, toggle };
}
