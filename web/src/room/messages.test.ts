// Chat, reactions and hands, as other people's programs may send them.
import { expect, it } from "vitest";
import { LAST_MOMENT, parseChat, parseHand, parseReaction, withLinks } from "./messages";

it("reads a message", () => {
  expect(parseChat('{"text":"Hello","name":"Ann","at":5}', 9)).toEqual({ text: "Hello", name: "Ann", at: 5 });
});

it.each(["", "Hello", "null", "7", "{}", '{"text":7}', '{"text":"  "}'])("takes %j for no message", (payload) =>
  expect(parseChat(payload, 9)).toBeNull(),
);

it("hears a sender without name or clock, and cuts who never ends", () => {
  expect(parseChat('{"text":"Hi","name":7,"at":"noon"}', 9)).toEqual({ text: "Hi", name: "", at: 9 });
  expect(parseChat(JSON.stringify({ text: "x".repeat(9000) }), 9)?.text).toHaveLength(2000);
});

it.each([1e300, -1e300, 8.64e15 + 1, Date.now()])("goes by its own clock where another says %d", (at) => {
  const message = parseChat(JSON.stringify({ text: "Hi", at }), 9);
  expect(message?.at).toBe(9);
  expect(parseHand(String(at), 9) ?? 9).toBe(9);
  const kept = parseChat(JSON.stringify({ text: "Hi", at }), 0, LAST_MOMENT);
  expect(() => new Date(kept?.at ?? 0).toISOString()).not.toThrow();
});

it("knows its own reactions only", () => {
  expect(parseReaction('{"emoji":"👍"}')).toBe("like");
  expect(parseReaction('{"emoji":"🦆"}')).toBeNull();
});

it("reads since when a hand is up", () => {
  expect(parseHand("1700000000000", 1_700_000_100_000)).toBe(1_700_000_000_000);
  expect([undefined, "", "0", "up"].map((text) => parseHand(text, 9))).toEqual([null, null, null, null]);
});

it("finds links, and leaves the full stop outside", () => {
  expect(withLinks("See https://a.example/x?y=1. Or not")).toEqual([
    { text: "See ", link: false },
    { text: "https://a.example/x?y=1", link: true },
    { text: ". Or not", link: false },
  ]);
  expect(withLinks("javascript:alert(1)")).toEqual([{ text: "javascript:alert(1)", link: false }]);
});
