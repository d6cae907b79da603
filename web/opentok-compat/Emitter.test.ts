import { expect, test, vi } from "vitest";
import { Emitter, type OTEvent } from "./Emitter";

test("handlers of several names, and of an object, hear what concerns them", () => {
  const emitter = new Emitter();
  const [both, one] = [vi.fn(), vi.fn()];
  emitter.on("a b", both).on({ b: one, "signal:chat": one });
  emitter.dispatch("a", { n: 1 });
  emitter.dispatch("b", { n: 2 });
  emitter.dispatch("signal:chat");
  expect(both.mock.calls.map(([event]) => (event as { n: number }).n)).toEqual([1, 2]);
  expect(one).toHaveBeenCalledTimes(2);
  expect(both.mock.calls[0]?.[0]).toMatchObject({ type: "a", target: emitter });
});

test("once is once, and a context is what handlers have as this", () => {
  const emitter = new Emitter();
  const contexts: unknown[] = [];
  const context = {};
  emitter.once("a", function (this: unknown) { contexts.push(this); }, context);
  emitter.dispatch("a");
  emitter.dispatch("a");
  expect(contexts).toEqual([context]);
  expect(contexts[0]).toBe(context);
});

test("off forgets one handler, all of a name, or everything", () => {
  const emitter = new Emitter();
  const [kept, gone] = [vi.fn(), vi.fn()];
  emitter.on("a", kept).on("a", gone).off("a", gone);
  emitter.dispatch("a");
  emitter.off("a");
  emitter.dispatch("a");
  emitter.on({ a: kept, b: kept }).off();
  emitter.dispatch("b");
  expect(gone).not.toHaveBeenCalled();
  expect(kept).toHaveBeenCalledTimes(1);
});

test("what happens by default can be prevented, where there is such a thing", () => {
  const emitter = new Emitter();
  const byDefault = vi.fn();
  emitter.dispatch("a", {}, byDefault);
  expect(byDefault).toHaveBeenCalledTimes(1);
  const events: OTEvent[] = [];
  emitter.on("a", (event: OTEvent) => { event.preventDefault(); events.push(event); });
  emitter.dispatch("a", {}, byDefault);
  emitter.dispatch("a");
  expect(byDefault).toHaveBeenCalledTimes(1);
  expect(events.map((event) => [event.cancelable, event.isDefaultPrevented()])).toEqual([[true, true], [false, false]]);
});

test("a handler that fails keeps nobody from hearing", () => {
  const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const emitter = new Emitter();
  const heard = vi.fn();
  emitter.on("a", () => { throw new Error("oh"); }).on("a", heard);
  emitter.dispatch("a");
  expect(heard).toHaveBeenCalled();
  expect(silent).toHaveBeenCalled();
  silent.mockRestore();
});
