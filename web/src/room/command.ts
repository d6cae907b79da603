// What the page around a room asks of it, and what it is answered; see docs/embed.md.

export type Command =
  | { name: "mute"; device: "microphone" | "camera"; muted: boolean }
  | { name: "layout"; view: "grid" | "speaker" }
  | { name: "record"; on: boolean }
  | { name: "leave" }
  | { name: "invite" };

export interface Asked {
  /** Stands in the answer, too. */
  id: number;
  command: Command;
}

/** Null for what is no command. */
export function readCommand(data: unknown): Asked | null {
  const { reelroom, id, name, ...more } = (data ?? {}) as Record<string, unknown>;
  if (reelroom !== "command" || typeof id !== "number") return null;
  switch (name) {
    case "mute":
      if ((more["device"] !== "microphone" && more["device"] !== "camera") || typeof more["muted"] !== "boolean") return null;
      return { id, command: { name, device: more["device"], muted: more["muted"] } };
    case "layout":
      return more["view"] === "grid" || more["view"] === "speaker" ? { id, command: { name, view: more["view"] } } : null;
    case "record":
      return typeof more["on"] === "boolean" ? { id, command: { name, on: more["on"] } } : null;
    case "leave":
    case "invite":
      return { id, command: { name } };
    default:
      return null;
  }
}
