// What people send each other beside picture and sound: pure, from the texts of data messages to values.

export interface ChatMessage {
  /** The sender's own id for it, by which it is told from its copy that the server keeps; "" where they gave none. */
  id: string;
  text: string;
  name: string;
  /** The key of the message that it answers: `<identity> <id>`. */
  replyTo: string | null;
  /** Milliseconds since 1970 on the sender's clock. */
  at: number;
}

export const REACTIONS = { like: "👍", clap: "👏", heart: "❤️", laugh: "😄", party: "🎉", wow: "😮", sad: "😢", yes: "✅" } as const;
export type Reaction = keyof typeof REACTIONS;

export const CHAT_TOPIC = "chat";
export const REACTION_TOPIC = "reaction";
/** Says since when (ms since 1970) the sender's hand is up, or nothing where it is down. */
export const HAND_TOPIC = "hand";
/** Asks everybody whose hand is up to say so again, by whoever has just come. */
export const HANDS_TOPIC = "hands?";
/** A data message has room for 15 kB; this many characters fit in any script. */
export const LONGEST_MESSAGE = 2000;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LONGEST_KEY = 73;

/** A new id for a message. `crypto.randomUUID` is there on secure origins only. */
export function newId(): string {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Clocks of people differ, but by less than that (ms); what lies further off is nonsense, or no date at all. */
const CLOCKS_APART = 24 * 3_600_000;
/** The last moment that a Date can hold (ECMA-262, 21.4.1.1). */
export const LAST_MOMENT = 8.64e15;

/** What somebody else's clock says, if it may be true, and else this one. */
function moment(at: unknown, now: number, apart: number): number {
  return typeof at === "number" && Math.abs(at - now) <= apart ? at : now;
}

function object(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Null if it is no message; a sender with an odd clock or no name is still heard. */
export function parseChat(payload: string, now: number, apart = CLOCKS_APART): ChatMessage | null {
  const found = object(payload);
  const text = found?.["text"];
  if (typeof text !== "string" || text.trim() === "") return null;
  const { id, name, at, replyTo } = found ?? {};
  return {
    id: typeof id === "string" && ID.test(id) ? id : "",
    replyTo: typeof replyTo === "string" && replyTo.length <= LONGEST_KEY ? replyTo : null,
    text: text.slice(0, LONGEST_MESSAGE),
    name: typeof name === "string" ? name : "",
    at: moment(at, now, apart),
  };
}

export function parseReaction(payload: string): Reaction | null {
  const emoji = object(payload)?.["emoji"];
  return (Object.keys(REACTIONS) as Reaction[]).find((reaction) => REACTIONS[reaction] === emoji) ?? null;
}

/** Since when the hand is up; null while it is down. */
export function parseHand(payload: string | undefined, now: number): number | null {
  const at = Number(payload);
  return payload && at > 0 ? moment(at, now, CLOCKS_APART) : null;
}

/** Addresses of the web, with or without their scheme, and of mail; what ends a sentence is cut off below. */
const LINK = /(?<![\w.@/-])(?:https?:\/\/|www\.)[^\s<>"]+|(?<![\w.@/-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/giu;
const BRACKETS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Without what belongs to the sentence around it: its end, and brackets that the address does not open itself. */
function withoutEnd(address: string): string {
  let kept = address;
  for (;;) {
    const last = kept.at(-1) ?? "";
    const opens = BRACKETS[last];
    const belongs = opens === undefined ? !".,;:!?'*_~".includes(last) : kept.split(opens).length >= kept.split(last).length;
    if (last === "" || belongs) return kept;
    kept = kept.slice(0, -1);
  }
}

function hrefOf(address: string): string | null {
  const href = address.includes("://") ? address : address.startsWith("www.") ? `https://${address}` : `mailto:${address}`;
  return URL.canParse(href) ? href : null;
}

/** Splits a message at its links, so that these can be followed: where to, null for plain text. */
export function withLinks(text: string): { text: string; href: string | null }[] {
  const parts: { text: string; href: string | null }[] = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    const address = withoutEnd(found[0]);
    const href = hrefOf(address.replace(/^https?|^www/i, (word) => word.toLowerCase()));
    if (href === null) continue;
    parts.push({ text: text.slice(from, found.index), href: null }, { text: address, href });
    from = found.index + address.length;
  }
  return [...parts, { text: text.slice(from), href: null }].filter((part) => part.text !== "");
}
