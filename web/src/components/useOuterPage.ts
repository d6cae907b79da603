// Tells the page around this one, if it is in a frame, what happens in the room; see embed.ts.
import { useEffect } from "react";

/** Nothing of it is secret, so any page may hear it. */
export function tellOuterPage(name: string, state: string): void {
  if (window.parent !== window) window.parent.postMessage({ reelroom: name, state }, "*");
}

/** Says `name` whenever it or `state` changes. */
export function useOuterPage(name: string, state: string): void {
  useEffect(() => tellOuterPage(name, state), [name, state]);
}
