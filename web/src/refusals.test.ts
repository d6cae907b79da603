import { afterEach, expect, it } from "vitest";
import { inOwnWords } from "./refusals";
import { chooseLanguage } from "./texts";
import { translated } from "./texts/refusals";

afterEach(() => chooseLanguage("en"));

it("says what the server refuses in the reader's language", async () => {
  const refused = "You need an invitation to this room";
  expect(await inOwnWords(refused)).toBe(refused);
  await chooseLanguage("de");
  expect(await inOwnWords(refused)).toBe("Für diesen Raum brauchen Sie eine Einladung");
  await chooseLanguage("ar");
  expect(await inOwnWords(refused)).toBe("تحتاج إلى دعوة لدخول هذه الغرفة");
});

it("keeps what stands in a sentence, and translates that, too", () => {
  expect(translated("The disk is nearly full: 12 MB are free, and a recording needs 500 MB to start", "de")).toBe(
    "Der Speicher ist fast voll: 12 MB sind frei, und eine Aufzeichnung braucht 500 MB, um zu beginnen",
  );
  expect(translated("This archive cannot be cut again: the recording has been removed", "de")).toBe(
    "Daraus lässt sich kein neuer Film schneiden: die Aufnahme wurde entfernt",
  );
  expect(translated("There is no archive 1-2-3", "ar")).toBe("لا يوجد هذا الفيلم");
});

it("leaves what it does not know as the server said it", () => {
  expect(translated("A comet hit the disk", "ar")).toBe("A comet hit the disk");
});
