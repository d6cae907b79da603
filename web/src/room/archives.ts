// How a list of recordings is followed and shown: pure.
import type { Archive } from "../api/types";
import { locale } from "../texts";

/** A new recording may take a moment to appear in the list. */
export const PATIENCE_MS = 20_000;

/** Nothing more will happen to this one. */
export function isFinal({ status, url, transcript }: Archive): boolean {
  if (transcript?.status === "requested" || transcript?.status === "started") return false;
  if (transcript?.status === "available" && transcript.summary?.status === "requested") return false;
  return status === "failed" || status === "uploaded" || (status === "available" && url !== null);
}

export function keepPolling(archives: readonly Archive[], waitedMs: number): boolean {
  return archives.length === 0 ? waitedMs < PATIENCE_MS : archives.some((archive) => !isFinal(archive));
}

/** What was recorded after a moment (ms), be it in part; what goes on counts, too. */
export function recordedSince(archives: readonly Archive[], since: number): Archive[] {
  return archives.filter(({ status, createdAt, duration }) => status === "started" || createdAt + duration * 1000 >= since);
}

/** Signed links differ at each call; a player that changes its source would start over, so the first link stays. */
export function keepLinks(before: ReadonlyMap<string, string>, archives: readonly Archive[]): Map<string, string> {
  const links = new Map<string, string>();
  for (const { id, url } of archives) {
    const link = before.get(id) ?? url;
    if (link) links.set(id, link);
  }
  return links;
}

/** `4.2 MB`; decimal units as file managers show them. */
export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

export function percentText(share: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent" }).format(share);
}

export function dateText(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(ms);
}
