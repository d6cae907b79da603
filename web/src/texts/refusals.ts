// What the server says of what it refuses or could not do, in another language than English, in which it says it.
import type { Language } from "../texts";
import { within } from "./bidi";
import sentences from "./refusals.json";

const HOLE = "{}";
const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Those that say most by themselves first: "There is no archive {}" before "{}: nothing". */
const known = sentences
  .map((sentence) => ({ ...sentence, pattern: new RegExp(`^${sentence.en.split(HOLE).map(literal).join("(.+?)")}$`, "s") }))
  .sort((one, other) => other.en.length - one.en.length);

/** A sentence of the server in that language, with what stands in its holes; as it is where it is not known. */
export function translated(said: string, language: Exclude<Language, "en">): string {
  for (const sentence of known) {
    const holes = sentence.pattern.exec(said)?.slice(1);
    if (!holes) continue;
    let next = 0;
    return sentence[language].replaceAll(HOLE, () => {
      const hole = translated(holes[next++] ?? "", language);
      return language === "ar" ? within(hole) : hole;
    });
  }
  return said;
}
