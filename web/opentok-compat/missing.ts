// The list of what is not there, for docs/opentok.md.
import { NOOPS, REFUSED, SILENT, UNREAD } from "./noops";

const PARTS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["does nothing", NOOPS],
  ["is refused", REFUSED],
  ["never comes", SILENT],
  ["changes nothing", UNREAD],
];

/** A table in Markdown: what is alike, and for the same reason, stands in one row. */
export function missing(): string {
  const rows = PARTS.flatMap(([how, list]) => {
    const named = (why: string) => Object.keys(list).filter((name) => list[name] === why);
    return [...new Set(Object.values(list))].map((why) => `| ${named(why).map((name) => `\`${name}\``).join(", ")} | ${how} | ${why} |`);
  });
  return ["| | | because |", "|---|---|---|", ...rows].join("\n");
}
