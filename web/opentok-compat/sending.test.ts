import { expect, test } from "vitest";
import { limited, presetBitrate, publishOptions } from "./sending";

test("properties that say nothing leave the engine's own options", () => {
  expect(publishOptions({})).toEqual({});
  expect(publishOptions({ preferredVideoCodecs: "automatic", enableDtx: false })).toEqual({ dtx: false });
});

test("properties become the engine's options; VP9 is passed over", () => {
  expect(publishOptions({ name: "Ann", audioBitrate: 64_000, enableStereo: true, preferredVideoCodecs: ["vp9", "h264"], scalableVideo: false })).toEqual({
    name: "Ann",
    audioPreset: { maxBitrate: 64_000 },
    forceStereo: true,
    red: false,
    videoCodec: "h264",
    simulcast: false,
  });
});

test("a screen has layers by its own property", () => {
  expect(publishOptions({ videoSource: "screen", scalableVideo: true, scalableScreenshare: false })).toEqual({ simulcast: false });
});

test("a limit is shared out among the layers as they were, and more than usual is not sent", () => {
  expect(limited([1_000_000, 500_000], 300_000)).toEqual([200_000, 100_000]);
  expect(limited([1_000_000, 500_000], 9_000_000)).toEqual([1_000_000, 500_000]);
  expect(presetBitrate([1_000_000, 600_000], "bw_saver")).toBe(800_000);
  expect(presetBitrate([1_000_000, 600_000], "extra_bw_saver")).toBe(400_000);
});
