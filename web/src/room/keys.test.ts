// Which keys do something, and where they leave the person alone.
import { expect, it } from "vitest";
import { focusOf, shortcutOf, type Key } from "./keys";

const key = (text: string, change: Partial<Key> = {}): Key => ({
  key: text,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  repeat: false,
  ...change,
});

it("knows its letters, with and without capitals", () => {
  expect([key("m"), key("M"), key("?")].map((each) => shortcutOf(each, "nothing"))).toEqual(["m", "m", "?"]);
  expect(shortcutOf(key("x"), "nothing")).toBeNull();
});

it("leaves what is written, held or the browser's own alone", () => {
  expect(shortcutOf(key("m"), "text")).toBeNull();
  expect(shortcutOf(key("m", { repeat: true }), "nothing")).toBeNull();
  expect(shortcutOf(key("c", { ctrlKey: true }), "button")).toBeNull();
});

it("sees where the keyboard is", () => {
  expect(focusOf(null)).toBe("nothing");
  expect(focusOf({ tagName: "TEXTAREA" })).toBe("text");
  expect(focusOf({ tagName: "DIV", isContentEditable: true })).toBe("text");
  expect(focusOf({ tagName: "BUTTON" })).toBe("button");
});
