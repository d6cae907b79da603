// What is remembered of a background, and how large a picture of one's own is kept.
// @vitest-environment jsdom
import { afterEach, expect, it } from "vitest";
import { fitted, ownBackground, pictureOf } from "./backgrounds";
import { rememberChoices, rememberedChoices } from "./memory";

afterEach(() => localStorage.clear());

it("keeps a picture as large as it fills a camera's, and makes none larger", () => {
  expect(fitted({ width: 4000, height: 3000 })).toEqual({ width: 1280, height: 960 });
  expect(fitted({ width: 3000, height: 4000 })).toEqual({ width: 1280, height: 1707 });
  expect(fitted({ width: 640, height: 480 })).toEqual({ width: 640, height: 480 });
});

it("blurs for who chose to when there was nothing else", () => {
  localStorage.setItem("reelroom.choices", JSON.stringify({ blur: true, camera: false }));
  expect(rememberedChoices()).toMatchObject({ background: "blur", camera: false });
  rememberChoices({ background: "none" });
  expect(rememberedChoices().background).toBe("none");
});

it("has no picture where the background is blurred, or where one's own is gone", async () => {
  expect(ownBackground()).toBe(null);
  expect(await Promise.all((["none", "blur", "own"] as const).map(pictureOf))).toEqual([null, null, null]);
});
