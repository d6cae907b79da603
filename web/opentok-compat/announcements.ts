// What the server itself tells a session's clients: data messages of nobody, whose topics no signal can have. Pure.

const OURS = "opentok:";

export type Announcement =
  | { event: "archiveStarted" | "archiveStopped"; id: string; name: string }
  | { event: "muteForced"; active: boolean };

/** What a message of the server says; undefined for one that is no announcement, or of a kind that is not known yet. */
export function announcementOf(topic: string, text: string): Announcement | undefined {
  if (!topic.startsWith(OURS)) return undefined;
  const event = topic.slice(OURS.length);
  const said = parse(text);
  if (event === "archiveStarted" || event === "archiveStopped") {
    return typeof said["id"] === "string" ? { event, id: said["id"], name: typeof said["name"] === "string" ? said["name"] : "" } : undefined;
  }
  return event === "muteForced" ? { event, active: said["active"] !== false } : undefined;
}

export function isAnnouncement(topic: string): boolean {
  return topic.startsWith(OURS);
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
