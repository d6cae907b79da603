// The window over others: what it says and does.
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Person } from "../room/people";
import { texts } from "../texts";
import PipWindow from "./PipWindow";

afterEach(cleanup);

const ann = { identity: "ann", name: "Ann", isLocal: false, speaking: true, muted: true, camera: null, screen: null } as Person;

async function open(keys = true) {
  const outside = document.body.appendChild(document.createElement("iframe")).contentWindow as unknown as Window;
  const calls = { onMicrophone: vi.fn(), onCamera: vi.fn(), onLeave: vi.fn() };
  await act(async () => {
    render(<PipWindow window={outside} title="Standup" over={{ person: ann, track: null, screen: false }} keys={keys} muted={false} dark {...calls} />);
    await Promise.resolve();
  });
  return { outside: outside.document, seen: within(outside.document.body), calls };
}

it("shows who speaks, in the language and with the rules of the page", async () => {
  const { outside, seen } = await open();
  expect(seen.getByTestId("pip-seen").textContent).toContain("Ann");
  expect(seen.getByRole("img", { name: texts.call.muted })).toBeTruthy();
  expect([outside.documentElement.lang, outside.documentElement.dir, outside.title]).toEqual(["en", "ltr", "Standup"]);
});

it("turns microphone and camera on and off, and leaves", async () => {
  const { seen, calls } = await open();
  fireEvent.click(seen.getByTestId("mic"));
  fireEvent.click(seen.getByTestId("camera"));
  fireEvent.click(seen.getByTestId("leave"));
  expect([calls.onMicrophone, calls.onCamera, calls.onLeave].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
  expect(seen.getByTestId("camera").getAttribute("aria-label")).toContain(texts.controls.cameraOn);
});

it("takes the keys of the page, unless these are off", async () => {
  const { seen, calls } = await open();
  fireEvent.keyDown(seen.getByTestId("mic"), { key: "m" });
  fireEvent.keyDown(seen.getByTestId("mic"), { key: "v" });
  fireEvent.keyDown(seen.getByTestId("mic"), { key: "m", ctrlKey: true });
  expect([calls.onMicrophone.mock.calls.length, calls.onCamera.mock.calls.length]).toEqual([1, 1]);
  const off = await open(false);
  fireEvent.keyDown(off.seen.getByTestId("mic"), { key: "m" });
  expect(off.calls.onMicrophone).not.toHaveBeenCalled();
});
