import { expect, test, vi } from "vitest";
import { complete, mediaProblem, OTError, refusal } from "./errors";

test("an error has OpenTok's name and code", () => {
  expect(new OTError("OT_NOT_CONNECTED", "no")).toMatchObject({ name: "OT_NOT_CONNECTED", code: 1010, message: "no" });
  expect(new OTError("OT_INVALID_PARAMETER", "too long", 413).code).toBe(413);
});

test.each([
  [403, "OT_AUTHENTICATION_ERROR", 1004],
  [404, "OT_INVALID_SESSION_ID", 1005],
  [503, "OT_CONNECT_FAILED", 1006],
])("a server that answers %i means %s", (status, name, code) => {
  expect(refusal(status, "why")).toMatchObject({ name, code, message: "why" });
});

test.each([
  ["NotAllowedError", "OT_USER_MEDIA_ACCESS_DENIED"],
  ["NotFoundError", "OT_NO_DEVICES_FOUND"],
  ["NotReadableError", "OT_HARDWARE_UNAVAILABLE"],
])("a browser's %s is %s", (name, expected) => {
  expect(mediaProblem(new DOMException("why", name))).toMatchObject({ name: expected, code: 1500 });
});

test("a completion handler is called with an error or with nothing", async () => {
  const done = vi.fn();
  complete(Promise.resolve("ignored"), "OT_UNABLE_TO_PUBLISH", done);
  complete(Promise.reject(new Error("why")), "OT_UNABLE_TO_PUBLISH", done);
  await vi.waitFor(() => expect(done).toHaveBeenCalledTimes(2));
  expect(done.mock.calls[0]).toEqual([]);
  expect(done.mock.calls[1]?.[0]).toMatchObject({ name: "OT_UNABLE_TO_PUBLISH", code: 1500, message: "why" });
});
