// What the server itself tells a session's clients, in the room's metadata (docs/opentok.md has its parts). Pure.

export interface Archive {
  id: string;
  name: string;
}

export interface Told {
  archives: readonly Archive[];
  mute: { active: boolean; at: number }; // at: ms since the epoch, 0 for never
}

export type Announcement = { event: "archiveStarted" | "archiveStopped"; details: Archive } | { event: "muteForced"; details: { active: boolean } };

export const NOTHING: Told = { archives: [], mute: { active: false, at: 0 } };

/** What metadata says; of what cannot be understood, nothing. */
export function toldBy(metadata: string | undefined): Told {
  const { archives, mute } = parse(metadata);
  const { active, at } = record(mute);
  return {
    archives: (Array.isArray(archives) ? archives : []).map(record).flatMap(({ id, name }) => (typeof id === "string" ? [{ id, name: typeof name === "string" ? name : "" }] : [])),
    mute: typeof at === "number" ? { active: active === true, at } : NOTHING.mute,
  };
}

/** What has changed, as OpenTok's events. */
export function announcements(before: Told, now: Told): Announcement[] {
  const without = (some: readonly Archive[], others: readonly Archive[]) => some.filter(({ id }) => !others.some((other) => other.id === id));
  return [
    ...without(before.archives, now.archives).map((details) => ({ event: "archiveStopped" as const, details })),
    ...without(now.archives, before.archives).map((details) => ({ event: "archiveStarted" as const, details })),
    ...(now.mute.at > before.mute.at ? [{ event: "muteForced" as const, details: { active: now.mute.active } }] : []),
  ];
}

function parse(metadata: string | undefined): Record<string, unknown> {
  try {
    return record(JSON.parse(metadata ?? ""));
  } catch {
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
