// Who is large on the recorder's page, told as a room goes on.
import { expect, it } from "vitest";
import { emptyStage, nextStage, type Stage, type StageInput } from "./stage";

type Moment = [now: number, speakers: string, screens?: string, people?: string, dark?: string];

/** Who was on stage after each moment: `a`, `a*b` for a shared screen with b small over it, `-` for nobody. */
function play(...moments: Moment[]): string {
  let stage: Stage = emptyStage;
  return moments
    .map(([now, speakers, screens = "", people = "abc", dark = ""]) => {
      const lit = people.split("").filter((each) => !dark.includes(each));
      const input: StageInput = { now, speakers: speakers.split(""), screens: screens.split(""), people: people.split(""), lit };
      stage = nextStage(stage, input);
      return stage.shot ? stage.shot.identity + (stage.shot.kind === "screen" ? `*${stage.shot.inset ?? ""}` : "") : "-";
    })
    .join(" ");
}

it("shows nobody in an empty room, and the first one before anybody speaks", () => {
  expect(play([0, "", "", ""], [1, "", "", "ab"])).toBe("- a");
});

it("follows the speaker and stays in silence", () => {
  expect(play([0, "a"], [5000, ""], [6000, "b"], [6600, "b"], [9000, ""], [20000, ""])).toBe("a a a b b b");
});

it("holds a shot for two seconds", () => {
  expect(play([0, "a"], [1000, "b"], [1999, "b"], [2000, "b"])).toBe("a a a b");
});

it("does not give the screen to a cough", () => {
  expect(play([0, "a"], [5000, ""], [6000, "b"], [6500, "b"], [6550, ""], [9000, ""])).toBe("a a a a a a");
});

it("stays with someone who still speaks, until another one has held on for 1.4 s", () => {
  expect(play([0, "a"], [5000, "ba"], [6399, "ba"], [6400, "ba"])).toBe("a a a b");
});

it("does not wait for someone who left", () => {
  expect(play([0, "a"], [100, "b", "", "bc"])).toBe("a b");
});

it("leaves someone without a picture in silence, for the one who spoke before them or the first with one", () => {
  expect(play([0, "", "", "ab", "a"])).toBe("b");
  expect(play([0, "b"], [5000, "c"], [5600, "c"], [9000, "", "", "abc", "c"], [11_000, "", "", "abc", "c"])).toBe("b b c c b");
});

it("stays with someone without a picture who pauses between two sentences", () => {
  const dark = (now: number, speakers: string): Moment => [now, speakers, "", "abc", "c"];
  expect(play([0, "b"], [5000, "c"], [5600, "c"], dark(9000, ""), dark(10_000, "c"), dark(12_000, ""), dark(13_999, ""), dark(14_000, ""))).toBe(
    "b b c c c c c b",
  );
});

it("shows a shared screen with the speaker small over it, and keeps it while others speak", () => {
  expect(play([0, "a"], [3000, "a", "b"], [8000, "c", "b"], [9000, "c", "bc"])).toBe("a b*a b*a b*c");
});

it("goes to the speaker after the screen", () => {
  expect(play([0, "a", "b"], [100, "a"])).toBe("b*a a");
  expect(play([0, "", "b"], [100, ""])).toBe("b*a a");
});
