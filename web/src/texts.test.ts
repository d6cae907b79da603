// @vitest-environment jsdom
import { afterEach, expect, it } from "vitest";
import { chooseLanguage, language, languageOf, localeOf, texts } from "./texts";
import { ar } from "./texts/ar";
import { counted } from "./texts/arabic";
import { apart, within } from "./texts/bidi";
import { de } from "./texts/de";
import { en } from "./texts/en";

type Sentence = (...parts: unknown[]) => string;

/** Each sentence with its way to it; those with parts are given these. */
function sentences(texts: object, parts: readonly string[] = ["23", "24", "25", "26"], way = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts) as [string, unknown][]) {
    const here = way ? `${way}.${key}` : key;
    if (typeof value === "object" && value !== null) for (const [deeper, sentence] of sentences(value, parts, here)) found.set(deeper, sentence);
    else if (typeof value === "function") found.set(here, here === "form.here" ? (value as Sentence)(parts.slice(1), 23) : (value as Sentence)(...parts));
    else found.set(here, String(value));
  }
  return found;
}

afterEach(() => chooseLanguage("en"));

it("says every sentence in every language", () => {
  const english = sentences(en);
  for (const [name, other] of Object.entries({ de, ar })) {
    const theirs = sentences(other);
    expect([...theirs.keys()].sort(), name).toEqual([...english.keys()].sort());
    for (const [way, sentence] of theirs) expect(sentence.trim(), `${name} ${way}`).not.toBe("");
  }
});

it("says in Arabic letters whatever is words in English", () => {
  const arabic = sentences(ar);
  for (const [way, sentence] of sentences(en)) {
    if (way !== "product" && /\p{L}{2}/u.test(sentence)) expect(arabic.get(way), way).toMatch(/\p{Script=Arabic}/u);
  }
});

it("puts every part of a sentence into it, in every language", () => {
  for (const other of [de, ar]) {
    const theirs = sentences(other);
    for (const [way, sentence] of sentences(en)) {
      for (const part of ["23", "24", "25", "26"]) if (sentence.includes(part)) expect(theirs.get(way), way).toContain(part);
    }
  }
});

it("counts in Arabic as Arabic does", () => {
  const people = [1, 2, 3, 10, 11, 99, 100, 102].map(ar.call.people);
  expect(people).toEqual(["شخص واحد", "شخصان", "3 أشخاص", "10 أشخاص", "11 شخصًا", "99 شخصًا", "100 شخص", "102 شخص"]);
  expect(counted(2, { one: "a", two: "b", few: "c", many: "d", other: "e" })).toBe("b");
});

it("keeps names in their own direction", () => {
  expect(apart("Ann")).toBe("Ann");
  expect(apart("منى (1)")).toBe("\u2068منى (1)\u2069");
  expect(apart("\u202eAnn")).toBe("Ann");
  expect(within("Ann")).toBe("\u2068Ann\u2069");
  expect(ar.people.mute("Ann")).toBe("كتم صوت \u2068Ann\u2069");
});

it("brings Arabic when it is chosen, and the language chosen last stays", async () => {
  const arabic = chooseLanguage("ar");
  await chooseLanguage("de");
  await arabic;
  expect([language.get(), texts.form.join]).toEqual(["de", de.form.join]);
  await chooseLanguage("ar");
  expect([language.get(), texts.form.join]).toEqual(["ar", ar.form.join]);
});

it("reads the language from what a browser prefers, and writes times as it does", () => {
  expect(languageOf(null, ["ar-EG", "en"])).toBe("ar");
  expect(languageOf("de", ["ar"])).toBe("de");
  expect(languageOf(null, ["fr", "constructor"])).toBe("en");
  expect(localeOf("en", ["en-GB"])).toBe("en-GB");
  expect(localeOf("de", ["en-GB"])).toBe("de");
  expect(localeOf("ar", ["ar-EG"])).toBe("ar-EG-u-nu-latn");
  expect(new Intl.DateTimeFormat(localeOf("ar", ["ar-EG"]), { dateStyle: "short" }).format(0)).toMatch(/\d/);
});
