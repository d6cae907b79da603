// What is said in a film, as it is shown beside it: pure.
import { clockText } from "./recording";

/** What somebody says without a long pause; seconds of film time. */
export interface Passage {
  participant: string;
  name: string;
  from: number;
  to: number;
  text: string;
  language: string;
  /** What was heard, where somebody has corrected that. */
  corrected?: { id: string; name: string; text: string };
}

type Found = Partial<Omit<Passage, "corrected">> & { corrected?: { id?: string; heard?: { name?: string; text?: string } } };

/** Null if it is no transcript. */
export function parseTranscript(found: unknown): Passage[] | null {
  const { passages } = (found ?? {}) as { passages?: unknown };
  if (!Array.isArray(passages)) return null;
  return (passages as Found[]).flatMap(({ participant, name, from, to, text, language, corrected }) => {
    if (typeof from !== "number" || typeof to !== "number" || typeof text !== "string") return [];
    const { id, heard } = corrected ?? {};
    const before = id && heard ? { corrected: { id, name: heard.name ?? "", text: heard.text ?? "" } } : {};
    return [{ participant: participant ?? "", name: name ?? "", from, to, text, language: language ?? "", ...before }];
  });
}

/** A text that means nothing in Markdown. */
export const plain = (text: string): string => text.replace(/([\\`*_[\]<>#])/g, "\\$1");

/** As Markdown: what it was about, where that is known, and then a paragraph a passage, with name and time. */
export function asMarkdown(title: string, passages: readonly Passage[], about: readonly string[] = []): string {
  const paragraphs = passages.map(({ name, from, text }) => `**${plain(name)}** (${clockText(from * 1000)}): ${plain(text)}`);
  return [`# ${plain(title)}`, ...about, ...paragraphs].join("\n\n") + "\n";
}

/** A name that every system takes for a file. */
export function fileName(title: string): string {
  // eslint-disable-next-line no-control-regex -- they are what no file's name may hold
  const safe = title.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, " ").replace(/\s+/g, " ").trim();
  return `${safe.slice(0, 100) || "transcript"}.md`;
}

/** Where a text holds what is sought, whatever its case: parts that alternate between not and sought. */
export function marked(text: string, sought: string): string[] {
  const parts: string[] = [];
  const [low, what] = [text.toLowerCase(), sought.trim().toLowerCase()];
  let at = 0;
  // Where lower case is of another length, places would not be the same.
  for (let hit = low.indexOf(what); what && low.length === text.length && hit >= 0; hit = low.indexOf(what, at)) {
    parts.push(text.slice(at, hit), text.slice(hit, hit + what.length));
    at = hit + what.length;
  }
  return [...parts, text.slice(at)];
}
