// The sentences of the chosen language; App shows everything anew when another one is chosen.
import { recall, remember } from "./room/memory";
import { Observable } from "./room/Observable";
import { de } from "./texts/de";
import { en, type Texts } from "./texts/en";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "reelroom.language";
const all: Record<Language, Texts> = { en, de };

/** The first language that the person can read, and English for everybody else. */
export function languageOf(chosen: string | null, preferred: readonly string[]): Language {
  const wanted = [chosen ?? "", ...preferred].map((tag) => tag.split("-")[0]?.toLowerCase());
  return wanted.find((tag): tag is Language => tag === "en" || tag === "de") ?? "en";
}

const browser = typeof navigator === "undefined" ? [] : navigator.languages;

export const language = new Observable<Language>(languageOf(recall(KEY), browser));

/** Read it while rendering, never while a module loads: it changes with the language. */
export let texts: Texts = all[language.get()];

export function chooseLanguage(chosen: Language): void {
  remember(KEY, chosen);
  texts = all[chosen];
  language.set(chosen);
}
