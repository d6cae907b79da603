// Which room names can be used, and how people without a picture look.
import { expect, it } from "vitest";
import { filmHue, filmInitials, hueOf, initials, roomNameProblem } from "./names";

it.each(["weekly", "a/b?c#d", "Zürich 3", "会議", "recorder", "x".repeat(128)])("accepts the room %j", (name) =>
  expect(roomNameProblem(name)).toBeNull(),
);

it.each(["", "  ", ".", "..", "a\nb", "\u0000", "x".repeat(129)])("refuses the room %j", (name) =>
  expect(roomNameProblem(name)).not.toBeNull(),
);

it.each([
  ["Ann", "A"],
  ["ann  lovelace", "AL"],
  ["Cleo de Merode", "CM"],
  ["😀 smith", "😀S"],
  ["منى (Muna)", "م"],
  ["(he)", "("],
  [" ", "?"],
])("shortens %j to %s", (name, letters) => expect(initials(name)).toBe(letters));

it("gives a person the same hue each time", () => {
  expect(hueOf("c-1")).toBe(hueOf("c-1"));
  expect(hueOf("c-1")).toBeLessThan(360);
});

it("shortens names as films do, and gives them the films' colours", async () => {
  const names = ["Ann Example", "Liam (he)", "😀", "ann", "김 민준", "प्रिया शर्मा", "..."];
  expect(names.map(filmInitials)).toEqual(["AE", "L", "😀", "A", "김", "प्रि", ""]);
  // hashlib.sha256(b"Ann").digest()[0], as cards.py has it
  expect(await filmHue("Ann")).toBe((23 * 360) / 256);
});
