// What the server says, in the reader's language; the other languages' sentences are brought when the first is needed.
import { useEffect, useState } from "react";
import { language } from "./texts";

/** As the server said it, where it cannot be said in another way. */
export async function inOwnWords(said: string): Promise<string> {
  const spoken = language.get();
  if (spoken === "en" || said === "") return said;
  try {
    const { translated } = await import("./texts/refusals");
    return translated(said, spoken);
  } catch {
    return said;
  }
}

/** The same for what stands in the page. */
export function useOwnWords(said: string): string {
  const [found, setFound] = useState({ said: "", spoken: language.get(), words: "" });
  const spoken = language.get();
  useEffect(() => {
    let here = true;
    void inOwnWords(said).then((words) => here && setFound({ said, spoken, words }));
    return () => {
      here = false;
    };
  }, [said, spoken]);
  return found.said === said && found.spoken === spoken ? found.words : said;
}
