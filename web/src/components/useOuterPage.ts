// The page around this one, if it is in a frame: it is told what happens in the room, and may ask for things; see embed.ts.
import { useEffect, useRef } from "react";
import { readCommand, type Command } from "../room/command";

/** Only pages of origins that the server allows have this one in a frame (frame-ancestors in its Content-Security-Policy). */
export const embedded = window.parent !== window;

/** Nothing of it is secret. */
export function tellOuterPage(name: string, state: string): void {
  if (embedded) window.parent.postMessage({ reelroom: name, state }, "*");
}

/** Says `name` whenever it or `state` changes. */
export function useOuterPage(name: string, state: string): void {
  useEffect(() => tellOuterPage(name, state), [name, state]);
}

/** Does what the page around this one asks; what `act` rejects with is its answer. */
export function useOuterCommands(act: (command: Command) => Promise<void>): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (!embedded) return;
    const hear = ({ source, origin, data }: MessageEvent) => {
      const asked = source === window.parent ? readCommand(data) : null;
      if (!asked) return;
      const answer = (error: string | null) => window.parent.postMessage({ reelroom: "answer", id: asked.id, error }, origin);
      latest.current(asked.command).then(
        () => answer(null),
        (error: unknown) => answer(error instanceof Error ? error.message : String(error)),
      );
    };
    window.addEventListener("message", hear);
    return () => window.removeEventListener("message", hear);
  }, []);
}
