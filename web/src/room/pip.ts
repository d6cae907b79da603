// What is seen over other windows, and how this browser can show it there: pure.
import type { TrackReference } from "@livekit/components-react";
import { screenKey, type Person } from "./people";

/** A small window of the page's own, with buttons in it; a picture alone; or nothing. */
export type PipKind = "window" | "picture" | null;

interface Browser {
  documentPictureInPicture?: unknown;
  document: { pictureInPictureEnabled?: boolean };
}

/** Pages within others open no such windows: browsers give them to the outermost alone. */
export function pipKind(browser: Browser, embedded: boolean): PipKind {
  if (!embedded && browser.documentPictureInPicture !== undefined) return "window";
  return browser.document.pictureInPictureEnabled === true ? "picture" : null;
}

export interface Over {
  person: Person;
  track: TrackReference | null;
  screen: boolean;
}

/** Whom this person pinned (by the key of a tile), else the screen that another shares, else the speaker. */
export function overOthers(me: Person, others: readonly Person[], pinned: string | null, speaker: string | null): Over {
  const everybody = [...others, me];
  const face = everybody.find(({ identity }) => identity === pinned);
  if (face) return { person: face, track: face.camera, screen: false };
  const sharer = everybody.find(({ identity, screen }) => screen && screenKey(identity) === pinned) ?? others.find(({ screen }) => screen);
  if (sharer) return { person: sharer, track: sharer.screen, screen: true };
  const person = everybody.find(({ identity }) => identity === speaker) ?? others[0] ?? me;
  return { person, track: person.camera, screen: false };
}
