// Before a room's closed door: knocking until somebody answers.
import { knockAt } from "../api/client";
import type { Session } from "../api/types";

const AGAIN_MS = 2000;

/** Waits at the door; the knock that opens it, "" where the door is open by now, or why nobody comes in. */
export async function waitAtDoor(session: Session, name: string, signal: AbortSignal): Promise<{ knock: string } | "locked" | "denied"> {
  for (let knock = ""; ; ) {
    const told = await knockAt(session, name, knock, signal);
    knock = told.knock;
    switch (told.answer) {
      case "open":
        return { knock: "" };
      case "admitted":
        return { knock };
      case "locked":
      case "denied":
        return told.answer;
      case "waiting":
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        signal.throwIfAborted();
    }
  }
}

const KEY = "reelroom.in.";

/** The access token with which this window was in a session: with it, who loads the page again need not knock. */
export function tokenOfBefore(sessionId: string): string | null {
  try {
    return sessionStorage.getItem(KEY + sessionId);
  } catch {
    return null; // storage may be forbidden
  }
}

export function keepToken(sessionId: string, accessToken: string): void {
  try {
    sessionStorage.setItem(KEY + sessionId, accessToken);
  } catch {
    // See tokenOfBefore.
  }
}
