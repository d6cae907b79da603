import { expect, test } from "vitest";
import { nextCamera, pictureOf, sizeOf, soundOf } from "./capture";

test("a size is no larger than the largest", () => {
  expect(sizeOf()).toEqual({ width: 640, height: 480 });
  expect(sizeOf("1920x1080", { width: 1280, height: 720 })).toEqual({ width: 1280, height: 720 });
  expect(() => sizeOf("large")).toThrow(expect.objectContaining({ name: "OT_INVALID_PARAMETER" }));
});

test("a microphone is processed unless the application says otherwise", () => {
  expect(soundOf({ audioSource: null })).toBe(false);
  expect(soundOf({})).toEqual({ echoCancellation: true, noiseSuppression: true, autoGainControl: true });
  expect(soundOf({ audioSource: "m1", disableAudioProcessing: true, noiseSuppression: true, enableStereo: true })).toEqual({
    deviceId: { exact: "m1" },
    echoCancellation: false,
    noiseSuppression: true,
    autoGainControl: false,
    channelCount: 2,
  });
});

test("a camera is the one that was named, of the size that was asked for", () => {
  expect(pictureOf({ videoSource: false })).toBe(false);
  expect(pictureOf({ videoSource: "screen" })).toBe(false);
  expect(pictureOf({ videoSource: "c1", resolution: "1280x720", frameRate: 15 })).toEqual({
    deviceId: { exact: "c1" },
    resolution: { width: 1280, height: 720, frameRate: 15 },
  });
  expect(pictureOf({ facingMode: "environment" })).toEqual({ facingMode: "environment", resolution: { width: 640, height: 480 } });
});

test("cameras come one after the other, and the first again", () => {
  const camera = (deviceId: string) => ({ kind: "videoInput" as const, deviceId, label: "" });
  const all = [camera("a"), { kind: "audioInput" as const, deviceId: "m", label: "" }, camera("b")];
  expect(nextCamera(all, "a")).toBe("b");
  expect(nextCamera(all, "b")).toBe("a");
  expect(nextCamera(all, undefined)).toBe("a");
  expect(() => nextCamera([], undefined)).toThrow(expect.objectContaining({ name: "OT_NO_DEVICES_FOUND" }));
});
