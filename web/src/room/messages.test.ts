// Chat, reactions and hands, as other people's programs may send them.
import { expect, it } from "vitest";
import { LAST_MOMENT, newId, parseChat, parseHand, parseReaction, withLinks } from "./messages";

it("reads a message", () => {
  expect(parseChat('{"text":"Hello","name":"Ann","at":5}', 9)).toEqual({ id: "", text: "Hello", name: "Ann", at: 5, replyTo: null });
  const id = newId();
  expect(parseChat(JSON.stringify({ id, text: "Hello", replyTo: `ben ${id}` }), 9)).toMatchObject({ id, replyTo: `ben ${id}` });
  expect(parseChat(JSON.stringify({ id: "<b>", text: "Hello", replyTo: "x".repeat(99) }), 9)).toMatchObject({ id: "", replyTo: null });
});

it.each(["", "Hello", "null", "7", "{}", '{"text":7}', '{"text":"  "}'])("takes %j for no message", (payload) =>
  expect(parseChat(payload, 9)).toBeNull(),
);

it("hears a sender without name or clock, and cuts who never ends", () => {
  expect(parseChat('{"text":"Hi","name":7,"at":"noon"}', 9)).toMatchObject({ text: "Hi", name: "", at: 9 });
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
    { text: "See ", href: null },
    { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
    { text: ". Or not", href: null },
  ]);
  expect(withLinks("javascript:alert(1)")).toEqual([{ text: "javascript:alert(1)", href: null }]);
});

const linked = (text: string) => withLinks(text).flatMap(({ href }) => (href === null ? [] : [href]));

it.each([
  ["(see https://de.wikipedia.org/wiki/Film_(Medium))", "https://de.wikipedia.org/wiki/Film_(Medium)"],
  ["[https://a.example/x]", "https://a.example/x"],
  ["Is it www.example.org?", "https://www.example.org"],
  ["HTTPS://A.example/X!", "https://A.example/X"],
  ["write to ann.b@mail.example.org, please", "mailto:ann.b@mail.example.org"],
  ["https://ann@a.example/x@y", "https://ann@a.example/x@y"],
])("finds the whole address in %j", (text, href) => {
  expect(linked(text)).toEqual([href]);
  expect(
    withLinks(text)
      .map((part) => part.text)
      .join(""),
  ).toBe(text);
});

it.each(["https://", "www.", "a@b", "data:text/html,x", "file:///etc/passwd", "@ann"])("makes no link of %j", (text) => expect(linked(text)).toEqual([]));
