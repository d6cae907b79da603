// What is said in a film, read and taken along.
import { expect, it } from "vitest";
import { asMarkdown, fileName, marked, parseTranscript } from "./transcript";

const said = { participant: "ann", name: "Ann *", from: 62, to: 64, text: "Is 1 < 2_3?", language: "en" };

it("reads what the server writes, and nothing else", () => {
  expect(parseTranscript({ version: 1, passages: [{ ...said, words: [] }, { name: "Ben" }] })).toEqual([said]);
  const corrected = { id: "c1", heard: { name: "Ann", text: "Is one", words: [] } };
  expect(parseTranscript({ passages: [{ ...said, corrected }] })).toEqual([{ ...said, corrected: { id: "c1", name: "Ann", text: "Is one" } }]);
  expect(parseTranscript({ turns: [] })).toBeNull();
  expect(parseTranscript(null)).toBeNull();
});

it("is Markdown in which nobody's words are marks", () => {
  expect(asMarkdown("Monday", [said])).toBe("# Monday\n\n**Ann \\*** (1:02): Is 1 \\< 2\\_3?\n");
});

it("marks what is sought, whatever its case", () => {
  expect(marked("Friday or friday", "FRIDAY")).toEqual(["", "Friday", " or ", "friday", ""]);
  expect(marked("Friday", "  ")).toEqual(["Friday"]);
  expect(marked("Friday", "x")).toEqual(["Friday"]);
});

it("is saved under a name that every system takes", () => {
  expect(fileName("Plans: A/B?\n“Next week”")).toBe("Plans A B “Next week”.md");
  expect(fileName(" / ")).toBe("transcript.md");
});
