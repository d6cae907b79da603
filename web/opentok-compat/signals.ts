// Signals: data messages whose topic is the type, as the server sends them (src/reelroom/sessions/calls.py).
import type { Room } from "livekit-client";
import { OTError } from "./errors";
import type { Connection } from "./streams";

const LONGEST_TYPE = 128; // bytes
const LONGEST_DATA = 8192;

export interface Signal {
  type?: string;
  data?: unknown;
  to?: Pick<Connection, "connectionId"> | string;
  retryAfterReconnect?: boolean;
}

export interface Message {
  type: string;
  text: string;
  to: string | undefined;
}

/** A signal as it is sent: whatever is no string becomes JSON. Raises OTError for one that OpenTok refuses. */
export function messageOf({ type = "", data, to }: Signal): Message {
  if (typeof type !== "string" || !/^[\w~-]*$/.test(type)) {
    throw new OTError("OT_INVALID_PARAMETER", "A signal's type has letters, digits, -, _ and ~ only", 400);
  }
  const text = typeof data === "string" ? data : data === undefined || data === null ? "" : JSON.stringify(data);
  if (size(type) > LONGEST_TYPE) throw new OTError("OT_INVALID_PARAMETER", `A signal's type has at most ${LONGEST_TYPE} bytes`, 413);
  if (size(text) > LONGEST_DATA) throw new OTError("OT_INVALID_PARAMETER", `A signal's data has at most ${LONGEST_DATA} bytes`, 413);
  return { type, text, to: typeof to === "object" ? to.connectionId : to };
}

/**
 * Sends a message to all or one; `own` is this client's connection, `knows` whether another's is there. Returns whether this
 * client is to hear it, too: OpenTok also sends a signal back to whoever sent it, the engine does not. Raises OTError.
 */
export async function send(room: Room, { type, text, to }: Message, own: string | undefined, knows: (id: string) => boolean): Promise<boolean> {
  const me = room.localParticipant;
  if (!me.permissions?.canPublishData) throw new OTError("OT_PERMISSION_DENIED", "The token's role may not signal");
  if (to !== undefined && to !== own && !knows(to)) {
    throw new OTError("OT_INVALID_PARAMETER", "No client with that connection id is connected to the session", 404);
  }
  const only = to === undefined ? {} : { destinationIdentities: [to] };
  if (to === undefined || to !== own) await me.publishData(new TextEncoder().encode(text), { reliable: true, topic: type, ...only });
  return to === undefined || to === own;
}

function size(text: string): number {
  return new TextEncoder().encode(text).length;
}
