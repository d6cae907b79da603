// One person in two windows is told of it in both.
import { expect, it, vi } from "vitest";
import { watchOtherWindows } from "./twice";

it("finds another window in the same session, and none that has left or is elsewhere", async () => {
  const [first, second, elsewhere, third] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
  const leaving = new AbortController();
  const { signal } = new AbortController();
  watchOtherWindows("1", first, leaving.signal);
  watchOtherWindows("2", elsewhere, signal);
  watchOtherWindows("1", second, leaving.signal);
  await vi.waitFor(() => expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]));
  leaving.abort();
  watchOtherWindows("1", third, signal);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([first.mock.calls.length, third.mock.calls.length, elsewhere.mock.calls.length]).toEqual([1, 0, 0]);
});
