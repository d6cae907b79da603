// Who is large on the recorder's page, told as a room goes on.
import { expect, it } from "vitest";
import { nextStage, type Stage, type StageInput } from "./stage";

type Moment = [now: number, speakers: string, screens?: string, people?: string];

/** Who was on stage after each moment: `a`, `a*` for a shared screen, `-` for nobody. */
function play(...moments: Moment[]): string {
  let stage: Stage | null = null;
  return moments
    .map(([now, speakers, screens = "", people = "abc"]) => {
      const input: StageInput = { now, speakers: speakers.split(""), screens: screens.split(""), people: people.split("") };
      stage = nextStage(stage, input);
      return stage ? stage.identity + (stage.kind === "screen" ? "*" : "") : "-";
    })
    .join(" ");
}

it("shows nobody in an empty room, and the first one before anybody speaks", () => {
  expect(play([0, "", "", ""], [1, "", "", "ab"])).toBe("- a");
});

it("follows the speaker and stays in silence", () => {
  expect(play([0, "a"], [5000, "b"], [9000, ""], [20000, ""])).toBe("a b b b");
});

it("holds a shot for two seconds", () => {
  expect(play([0, "a"], [1000, "b"], [1999, "b"], [2000, "b"])).toBe("a a a b");
});

it("stays with someone who still speaks while another one is louder", () => {
  expect(play([0, "a"], [5000, "ba"])).toBe("a a");
});

it("does not wait for someone who left", () => {
  expect(play([0, "a"], [100, "b", "", "bc"])).toBe("a b");
});

it("cuts to a shared screen at once and keeps it while others speak", () => {
  expect(play([0, "a"], [100, "a", "b"], [5000, "c", "b"], [6000, "c", "bc"])).toBe("a b* b* b*");
});

it("goes to the speaker after the screen, or to who shared it", () => {
  expect(play([0, "a", "b"], [100, "c"])).toBe("b* c");
  expect(play([0, "a", "b"], [100, ""])).toBe("b* b");
});
