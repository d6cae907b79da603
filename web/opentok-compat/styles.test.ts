import { expect, test } from "vitest";
import { restyled, shows, styleOf } from "./styles";

test("what is not said is automatic; without controls nothing is in the picture's way", () => {
  expect(styleOf({ nameDisplayMode: "on" })).toMatchObject({ nameDisplayMode: "on", buttonDisplayMode: "auto", backgroundImageURI: "" });
  expect(styleOf({}, { showControls: false })).toMatchObject({ nameDisplayMode: "off", buttonDisplayMode: "off", audioBlockedDisplayMode: "auto" });
});

test("a style changes by its name, or several at once; what OpenTok does not know is left out", () => {
  const style = styleOf();
  expect(restyled(style, "nameDisplayMode", "off").nameDisplayMode).toBe("off");
  expect(restyled(style, { buttonDisplayMode: "on", audioLevelDisplayMode: "off" })).toMatchObject({ buttonDisplayMode: "on", audioLevelDisplayMode: "off" });
  expect(restyled(style, "colour", "red")).toEqual(style);
  expect(restyled(style, undefined)).toEqual(style);
});

test("what is automatic shows when it matters", () => {
  expect([shows("auto", true), shows("auto", false), shows("on", false), shows("off", true)]).toEqual([true, false, true, false]);
});
