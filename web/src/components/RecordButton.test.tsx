// The record button says what is going on and offers the one thing that can be done.
// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { texts } from "../texts";
import type { RecordingView } from "../room/recording";
import { RecordButton } from "./RecordButton";

const idle: RecordingView = { state: "idle", live: false, renderId: null, archiveId: null, renderedSessionId: null, startedAt: null };
const show = (recording: Partial<RecordingView>, mayRecord = true) => {
  const onStart = vi.fn();
  const onStop = vi.fn();
  const onLayout = vi.fn();
  render(
    <RecordButton
      recording={{ ...idle, ...recording }}
      mayRecord={mayRecord}
      layout="pip"
      onLayout={onLayout}
      onStart={onStart}
      onStop={onStop}
    />,
  );
  return { onStart, onStop, onLayout };
};
afterEach(cleanup);

it("starts a recording", () => {
  const { onStart } = show({});
  fireEvent.click(screen.getByTestId("record"));
  expect(onStart).toHaveBeenCalledOnce();
  expect(screen.getByTestId("recording-state").dataset["state"]).toBe("idle");
});

it.each(["starting", "stopping"] as const)("waits while %s", (state) => {
  const { onStart, onStop } = show({ state });
  const button = screen.getByTestId("record");
  fireEvent.click(button);
  expect(onStart.mock.calls.length + onStop.mock.calls.length).toBe(0);
  expect(button.getAttribute("aria-disabled")).toBe("true");
  expect(button.textContent).toBe(texts.controls[state]);
});

it("shows the running time and stops", () => {
  const { onStop } = show({ state: "recording", startedAt: Date.now() - 12_300 });
  expect(screen.getByTestId("recording-state").textContent).toContain("Recording 0:12");
  fireEvent.click(screen.getByTestId("stop-recording"));
  expect(onStop).toHaveBeenCalledOnce();
});

it("keeps the focus of the keyboard from start to stop", () => {
  const button = (state: RecordingView["state"]) => (
    <RecordButton
      recording={{ ...idle, state, startedAt: 0 }}
      mayRecord
      layout="pip"
      onLayout={vi.fn()}
      onStart={vi.fn()}
      onStop={vi.fn()}
    />
  );
  const { rerender } = render(button("idle"));
  screen.getByTestId("record").focus();
  rerender(button("starting"));
  rerender(button("recording"));
  expect(document.activeElement).toBe(screen.getByTestId("stop-recording"));
});

it("offers nothing to whoever may not record, and shows that it records", () => {
  show({}, false);
  expect(screen.queryByRole("button")).toBeNull();
  cleanup();
  show({ state: "recording", startedAt: Date.now() - 12_300 }, false);
  expect(screen.getByTestId("recording-state").textContent).toContain("Recording 0:12");
  expect(screen.queryByRole("button")).toBeNull();
});
