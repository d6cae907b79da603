import { expect, test } from "vitest";
import { parseSummary, summaryParagraphs } from "./summary";

test("a summary has its points, decisions and tasks, each with its moment", () => {
  const found = {
    version: 1,
    title: "Release",
    language: "en",
    model: "small",
    summary: [{ text: "It is late.", at: 1.5, roomTime: 1 }],
    decisions: [],
    tasks: [{ text: "Write.", at: 2, roomTime: 2, who: "Ben" }],
  };
  expect(parseSummary(found)).toEqual({
    title: "Release",
    language: "en",
    model: "small",
    points: [{ text: "It is late.", at: 1.5, who: "" }],
    decisions: [],
    tasks: [{ text: "Write.", at: 2, who: "Ben" }],
  });
});

test("what is none is not shown", () => {
  for (const found of [null, [], "x", { title: "x" }, { summary: [] }]) expect(parseSummary(found)).toBeNull();
  expect(parseSummary({ title: "x", summary: [{ text: 1, at: 2 }, {}] })?.points).toEqual([]);
});

test("it is taken along as Markdown, with its moments", () => {
  const note = (text: string, who = "") => ({ text, at: 61, who });
  const found = { title: "Release", language: "en", model: "small", points: [note("It is *late*.")], decisions: [], tasks: [note("Write.", "Ben")] };
  expect(summaryParagraphs(found, { decisions: "Decisions", tasks: "Tasks" })).toEqual([
    "## Release",
    "- It is \\*late\\*. (1:01)",
    "### Tasks",
    "- **Ben**: Write. (1:01)",
  ]);
});
