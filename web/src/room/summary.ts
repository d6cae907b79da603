// What a meeting was about, as it is shown beside its film: pure.
import { clockText } from "./recording";
import { plain } from "./transcript";

/** One thing that was said, and the moment (s of film time) it rests on; `who` is to do it, or "". */
export interface Note {
  text: string;
  at: number;
  who: string;
}

export interface FilmSummary {
  title: string;
  language: string;
  model: string;
  points: Note[];
  decisions: Note[];
  tasks: Note[];
}

function notesOf(found: unknown): Note[] {
  if (!Array.isArray(found)) return [];
  return (found as Partial<Note>[]).flatMap(({ text, at, who }) =>
    typeof text === "string" && typeof at === "number" ? [{ text, at, who: typeof who === "string" ? who : "" }] : [],
  );
}

/** Null if it is no summary. */
export function parseSummary(found: unknown): FilmSummary | null {
  const { title, language, model, summary, decisions, tasks } = (found ?? {}) as Record<string, unknown>;
  if (typeof title !== "string" || !Array.isArray(summary)) return null;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    title,
    language: text(language),
    model: text(model),
    points: notesOf(summary),
    decisions: notesOf(decisions),
    tasks: notesOf(tasks),
  };
}

/** As paragraphs of Markdown, under these headings. */
export function summaryParagraphs({ title, points, decisions, tasks }: FilmSummary, headings: { decisions: string; tasks: string }): string[] {
  const list = (notes: readonly Note[]) =>
    notes.map(({ text, at, who }) => `- ${who && `**${plain(who)}**: `}${plain(text)} (${clockText(at * 1000)})`).join("\n");
  const part = (heading: string, notes: readonly Note[]) => (notes.length > 0 ? [heading, list(notes)] : []);
  return [...part(`## ${plain(title)}`, points), ...part(`### ${headings.decisions}`, decisions), ...part(`### ${headings.tasks}`, tasks)];
}
