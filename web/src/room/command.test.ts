import { expect, it } from "vitest";
import { readCommand } from "./command";

const asked = (more: object) => readCommand({ reelroom: "command", id: 7, ...more });

it("reads what the page around a room asks", () => {
  expect(asked({ name: "mute", device: "camera", muted: true })?.command).toEqual({ name: "mute", device: "camera", muted: true });
  expect(asked({ name: "layout", view: "speaker" })?.command).toEqual({ name: "layout", view: "speaker" });
  expect(asked({ name: "record", on: false })).toEqual({ id: 7, command: { name: "record", on: false } });
  expect(asked({ name: "leave" })?.command).toEqual({ name: "leave" });
  expect(asked({ name: "invite", to: "anybody" })?.command).toEqual({ name: "invite" });
});

it.each([null, "leave", {}, { reelroom: "joined" }, { reelroom: "command", name: "leave" }])("takes %j for no command", (data) =>
  expect(readCommand(data)).toBeNull(),
);

it("takes half a command for none", () => {
  for (const more of [{ name: "mute" }, { name: "mute", device: "nose", muted: true }, { name: "layout", view: "cinema" }, { name: "record", on: 1 }, { name: "eject" }]) {
    expect(asked(more)).toBeNull();
  }
});
