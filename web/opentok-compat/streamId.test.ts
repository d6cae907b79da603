import { expect, test } from "vitest";
import { streamIdOfTrack } from "./streamId";

// tests/test_streams.py has the same table.
test.each([
  ["TR_VCabc", "1edc852e-5b1f-52d2-8d63-cec093c0d081"],
  ["TR_AMp7Vjys2EorEC", "717a32a7-f02b-5582-babc-150be594af71"],
  ["TR_V", "3b15d995-1920-5211-b0e7-7a093d679bf1"],
  ["x".repeat(119), "1f6f7b6d-fdd5-5331-a89e-4218e2a67929"],
])("the server gives the stream of %s the same id", (track, id) => {
  expect(streamIdOfTrack(track)).toBe(id);
});
