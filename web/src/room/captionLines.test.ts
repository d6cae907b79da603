import { describe, expect, it } from "vitest";
import { parseCaption, parseCaptionFacts, stillShown, withCaption, type Caption } from "./captionLines";

const said = (id: string, text: string, final = false): Caption => ({ id, connectionId: "ann", text, final });

describe("live captions", () => {
  it("grow while somebody speaks, and stay as they ended", () => {
    let lines = withCaption([], said("1", "Good"), 0);
    lines = withCaption(lines, said("1", "Good morning", true), 500);
    lines = withCaption(lines, said("1", "Good mourning"), 900);
    expect(lines.map(({ text }) => text)).toEqual(["Good morning"]);
  });

  it("of several people stand one below the other, the newest three", () => {
    const lines = ["1", "2", "3", "4"].reduce((all, id) => withCaption(all, said(id, `words ${id}`), 0), withCaption([], said("0", "old"), 0));
    expect(lines.map(({ id }) => id)).toEqual(["2", "3", "4"]);
  });

  it("go a while after they last changed", () => {
    const lines = withCaption(withCaption([], said("1", "a"), 0), said("2", "b"), 5000);
    expect(stillShown(lines, 8000).map(({ id }) => id)).toEqual(["2"]);
  });

  it("are read as the server sends them, and nothing else is", () => {
    expect(parseCaption(JSON.stringify({ ...said("1", "Hello", true), language: "en" }))).toEqual(said("1", "Hello", true));
    for (const wrong of ["", "null", "7", '{"id": 1}', '{"id": "1", "connectionId": "ann", "text": "x"}']) expect(parseCaption(wrong)).toBeNull();
  });

  it("are told of by the room, with what made them end", () => {
    expect(parseCaptionFacts('{"captions": {"on": true, "ready": true}}')).toEqual({ on: true, ready: true, problem: "" });
    expect(parseCaptionFacts('{"captions": {"on": false, "problem": "too busy"}}')).toEqual({ on: false, ready: false, problem: "too busy" });
    expect(parseCaptionFacts(undefined)).toEqual({ on: false, ready: false, problem: "" });
    expect(parseCaptionFacts('{"captions": null}')).toEqual({ on: false, ready: false, problem: "" });
  });
});
