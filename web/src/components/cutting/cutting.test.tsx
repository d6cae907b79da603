// Cutting a new film: dragging over the strip, moving its edges by keys, words, a preview, and what is ordered.
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as client from "../../api/client";
import type { Archive } from "../../api/types";
import Cutter from "./Cutter";
import CutTranscript from "./CutTranscript";
import { useCutting } from "./useCutting";
import { playParts } from "./usePreview";

const archive = { id: "a1", name: "Monday", status: "available", transcriptUrl: "/words.json", transcript: { status: "available" } } as Archive;
const spoken = {
  passages: [
    {
      name: "Ann",
      from: 10,
      language: "en",
      words: ["The", " quick", " um", " brown", " fox"].map((text, n) => ({ text, from: 10 + n, to: 10.9 + n })),
    },
  ],
};
const order = vi.spyOn(client, "recutArchive");
const look = vi.spyOn(client, "previewRecut");
const reach = vi.spyOn(client, "reachOf");

beforeEach(() => {
  order.mockReset().mockResolvedValue({ ...archive, id: "a2" });
  look.mockReset();
  reach.mockReset().mockResolvedValue({ before: 10, after: 30 });
  vi.spyOn(client, "fetchJson").mockResolvedValue(spoken);
  HTMLMediaElement.prototype.play = () => Promise.resolve();
  HTMLMediaElement.prototype.pause = vi.fn();
  HTMLElement.prototype.setPointerCapture = vi.fn();
  HTMLElement.prototype.scrollIntoView = vi.fn();
});
afterEach(cleanup);

const onMade = vi.fn();
const player = createRef<HTMLVideoElement>();

function Page() {
  const cutting = useCutting("a1", undefined, 60, true);
  return (
    <>
      <video ref={player} />
      <Cutter archive={archive} cutting={cutting} player={player} timeline={null} onMade={onMade} onClose={vi.fn()} />
      <CutTranscript archive={archive} cutting={cutting} />
    </>
  );
}

async function show() {
  await act(() => Promise.resolve(render(<Page />)));
  // A pixel is a tenth of a second of the 100 s that can be reached.
  screen.getByTestId("strip-line").getBoundingClientRect = () => ({ left: 0, width: 1000 }) as DOMRect;
}

function drag(element: HTMLElement, from: number, to: number) {
  const at = (type: string, clientX: number) => fireEvent(element, new MouseEvent(type, { bubbles: true, clientX, button: 0 }));
  at("pointerdown", from);
  at("pointermove", (from + to) / 2);
  at("pointermove", to);
  at("pointerup", to);
}

const kept = () => screen.getAllByTestId("part").map((_, n) => [screen.getAllByTestId<HTMLInputElement>("part-start")[n]?.value, screen.getAllByTestId<HTMLInputElement>("part-end")[n]?.value]);
const make = () => act(() => Promise.resolve(fireEvent.click(screen.getByTestId("cut-make"))));

it("keeps what is dragged over, also before and after the film, and leaves out the rest", async () => {
  await show();
  expect(screen.getByTestId("cut-reach").textContent).toContain("Recorded before: 0:10.0");
  expect(screen.getByTestId<HTMLButtonElement>("cut-make").disabled).toBe(true);
  drag(screen.getByTestId("strip-line"), 50, 250); // from 5 s before the film to second 15
  expect(kept()).toEqual([["−0:05.0", "0:15.0"]]);
  drag(screen.getByTestId("strip-line"), 400, 800);
  expect(kept()).toEqual([
    ["−0:05.0", "0:15.0"],
    ["0:30.0", "1:10.0"],
  ]);
  fireEvent.click(screen.getByTestId("dragging-leaveOut"));
  drag(screen.getByTestId("strip-line"), 200, 500);
  expect(kept()).toEqual([
    ["−0:05.0", "0:10.0"],
    ["0:40.0", "1:10.0"],
  ]);
  expect(screen.getByTestId("cut-length").textContent).toContain("The new film is 0:45.0 long");
  fireEvent.click(screen.getByTestId("cut-undo"));
  expect(kept()[0]).toEqual(["−0:05.0", "0:15.0"]);
  fireEvent.change(screen.getByTestId("cut-name"), { target: { value: "The best of it" } });
  fireEvent.click(screen.getByTestId("cut-pip"));
  fireEvent.change(screen.getByTestId("cut-size"), { target: { value: "640x480" } });
  await make();
  expect(order).toHaveBeenCalledExactlyOnceWith(
    "a1",
    {
      name: "The best of it",
      layout: "pip",
      resolution: "640x480",
      ranges: [
        { from: -5, to: 15 },
        { from: 30, to: 70 },
      ],
    },
    undefined,
  );
  expect(onMade).toHaveBeenCalledOnce();
});

it("moves an edge by a pointer, by keys and by its time", async () => {
  await show();
  drag(screen.getByTestId("strip-line"), 200, 500);
  drag(screen.getByTestId("strip-end"), 500, 600);
  expect(kept()).toEqual([["0:10.0", "0:50.0"]]);
  const start = screen.getByTestId("strip-start");
  fireEvent.keyDown(start, { key: "ArrowRight" });
  fireEvent.keyDown(start, { key: "ArrowRight", shiftKey: true });
  expect(start.getAttribute("aria-valuetext")).toBe("0:11.1");
  fireEvent.keyDown(start, { key: "Home" });
  expect(kept()).toEqual([["−0:10.0", "0:50.0"]]);
  const end = screen.getByTestId("part-end");
  fireEvent.change(end, { target: { value: "1:02,5" } });
  fireEvent.keyDown(end, { key: "Enter" });
  expect(kept()).toEqual([["−0:10.0", "1:02.5"]]);
  fireEvent.change(end, { target: { value: "soon" } });
  expect(end.getAttribute("aria-invalid")).toBe("true");
  fireEvent.blur(end);
  await make();
  expect(order).toHaveBeenCalledWith("a1", { from: -10, to: 62.5 }, undefined);
});

it("begins, ends and splits where the film is, by keys, and undoes it", async () => {
  await show();
  const press = (key: string, at: number, more = {}) => {
    if (player.current) player.current.currentTime = at;
    fireEvent.keyDown(window, { key, ...more });
  };
  press("i", 12);
  press("o", 48);
  press("x", 20);
  expect(kept()).toEqual([
    ["0:12.0", "0:20.0"],
    ["0:20.0", "0:48.0"],
  ]);
  press("z", 20, { ctrlKey: true });
  press("z", 20, { ctrlKey: true });
  expect(kept()).toEqual([["0:12.0", "1:00.0"]]);
});

it("refuses to leave nothing", async () => {
  await show();
  fireEvent.click(screen.getByTestId("dragging-leaveOut"));
  drag(screen.getByTestId("strip-line"), 0, 1000);
  expect(kept()).toEqual([["0:00.0", "1:00.0"]]);
  expect(screen.getByTestId("cut-length").textContent).toContain("Nothing would be left");
});

it("leaves out the words that are selected, and puts them back", async () => {
  await show();
  const list = screen.getByTestId("cut-words-list");
  const words = screen.getAllByTestId("word");
  fireEvent.keyDown(list, { key: "ArrowRight" });
  fireEvent.keyDown(list, { key: "ArrowRight" });
  fireEvent.keyDown(list, { key: "ArrowRight", shiftKey: true });
  fireEvent(document, new Event("selectionchange"));
  look.mockResolvedValue({ ranges: [{ from: 0, to: 11 }, { from: 13, to: 60 }], duration: 58, saves: 2 });
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("words-drop"))));
  expect(look).toHaveBeenCalledExactlyOnceWith("a1", { words: { drop: [{ first: 1, last: 2 }] } }, undefined);
  expect(words.map((word) => word.className.includes("gone"))).toEqual([false, true, true, false, false]);
  look.mockResolvedValue({ ranges: [{ from: 10.9, to: 13 }], duration: 2, saves: 58 });
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("words-back"))));
  expect(kept()).toEqual([["0:00.0", "1:00.0"]]);
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("words-only"))));
  expect(kept()).toEqual([["0:10.9", "0:13.0"]]);
});

it("removes fillers and long silences by one click, of what was kept", async () => {
  await show();
  drag(screen.getByTestId("strip-line"), 50, 400);
  look.mockResolvedValue({ ranges: [{ from: 2, to: 12 }, { from: 16, to: 60 }], duration: 54, saves: 6 });
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("tidy"))));
  expect(look).toHaveBeenCalledExactlyOnceWith("a1", { tidy: { fillers: true, pauses: 2 } }, undefined);
  expect(kept()).toEqual([
    ["−0:05.0", "0:00.0"],
    ["0:02.0", "0:12.0"],
    ["0:16.0", "0:30.0"],
  ]);
  expect(screen.getByTestId("cut-length").textContent).toContain("6.0 s shorter");
});

it("says what the server refuses, and lets it be ordered anew", async () => {
  order.mockRejectedValueOnce(new Error("Too many films wait to be made"));
  await show();
  drag(screen.getByTestId("strip-line"), 200, 500);
  await make();
  expect(screen.getByTestId("cut-refused").textContent).toBe("Too many films wait to be made");
  await make();
  expect(order).toHaveBeenCalledTimes(2);
});

it("plays what is kept alone", () => {
  const film = document.createElement("video");
  const onEnd = vi.fn();
  const stop = playParts(film, [{ start: 5, end: 10 }, { start: 20, end: 30 }], onEnd);
  expect(film.currentTime).toBe(5);
  film.currentTime = 10.01;
  fireEvent.timeUpdate(film);
  expect(film.currentTime).toBe(20);
  film.currentTime = 30;
  fireEvent.timeUpdate(film);
  expect(onEnd).toHaveBeenCalledOnce();
  stop();
});
