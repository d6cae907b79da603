// The sentences of the chosen language; App shows everything anew when another one is chosen.
import { recall, remember } from "./room/memory";
import { Observable } from "./room/Observable";
import { de } from "./texts/de";
import { en, type Texts } from "./texts/en";

export const LANGUAGES = { en: "English", de: "Deutsch", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "reelroom.language";
/** Those that come with the page, and those that are brought when somebody reads them. */
const here: Partial<Record<Language, Texts>> = { en, de };
const brought: Partial<Record<Language, () => Promise<Texts>>> = { ar: () => import("./texts/ar").then(({ ar }) => ar) };
const RIGHT_TO_LEFT: ReadonlySet<Language> = new Set<Language>(["ar"]);

/** The first language that the person can read, and English for everybody else. */
export function languageOf(chosen: string | null, preferred: readonly string[]): Language {
  const wanted = [chosen ?? "", ...preferred].map((tag) => tag.split("-")[0]?.toLowerCase());
  return wanted.find((tag): tag is Language => tag !== undefined && Object.hasOwn(LANGUAGES, tag)) ?? "en";
}

export const directionOf = (spoken: Language): "ltr" | "rtl" => (RIGHT_TO_LEFT.has(spoken) ? "rtl" : "ltr");

/** How times, numbers and lists are written: as this browser does it in that language, with the digits that clocks have here. */
export function localeOf(spoken: Language, preferred: readonly string[]): string {
  const own = preferred.find((tag) => tag.split("-")[0]?.toLowerCase() === spoken) ?? spoken;
  return spoken === "ar" ? `${own.split("-u-")[0]}-u-nu-latn` : own;
}

const browser = typeof navigator === "undefined" ? [] : navigator.languages;
const wanted = languageOf(recall(KEY), browser);

export const language = new Observable<Language>(here[wanted] ? wanted : "en");

/** Read it while rendering, never while a module loads: it changes with the language. */
export let texts: Texts = here[wanted] ?? en;

export const locale = (): string => localeOf(language.get(), browser);

let asked: Language = wanted;

async function speak(chosen: Language): Promise<void> {
  asked = chosen;
  const found = (here[chosen] ??= await brought[chosen]?.());
  // Meanwhile another one may have been chosen.
  if (!found || asked !== chosen) return;
  texts = found;
  language.set(chosen);
}

/** Rejects, and changes nothing, where its sentences cannot be brought. */
export async function chooseLanguage(chosen: Language): Promise<void> {
  await speak(chosen);
  remember(KEY, chosen);
}

/** Resolves when the page may show itself: in English, where the sentences of the language cannot be brought. */
export const spoken: Promise<void> = here[wanted] ? Promise.resolve() : speak(wanted).catch(() => undefined);
