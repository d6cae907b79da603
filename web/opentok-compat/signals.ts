// Signals: data messages whose topic is the type, as the server sends them (src/reelroom/sessions/calls.py).
import { OTError } from "./errors";
import type { Connection } from "./streams";

const LONGEST_TYPE = 128; // bytes
const LONGEST_DATA = 8192;

export interface Signal {
  type?: string;
  data?: unknown;
  to?: Connection | string;
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

function size(text: string): number {
  return new TextEncoder().encode(text).length;
}
