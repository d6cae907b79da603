// The player: its keys, what is seen over its line, lanes that the keyboard walks, and a link that has ended.
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Archive, Timeline } from "../../api/types";
import { SpeakerTimeline } from "../SpeakerTimeline";
import { FilmPlayer } from "./FilmPlayer";

const archive = { id: "a1", name: "Monday", status: "available", url: "/one.mp4", thumbnailsUrl: "/t.vtt", chaptersUrl: "/c.vtt", captionsUrl: "/w.vtt?expires=1" } as Archive;
const seconds = 1_000_000;
const timeline: Timeline = {
  start: 0,
  end: 60 * seconds,
  turns: [
    { start: 2 * seconds, end: 8 * seconds, participant: "p1" },
    { start: 20 * seconds, end: 30 * seconds, participant: "p2" },
    { start: 40 * seconds, end: 58 * seconds, participant: "p1" },
  ],
  names: { p1: "Ann", p2: "Ben" },
};
const chapters = [
  { start: 0, end: 20, name: "Ann" },
  { start: 20, end: 60, name: "Ben" },
];
const VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:30.000\n/s.jpg#xywh=0,0,160,90\n\n00:00:30.000 --> 00:01:00.000\n/s.jpg#xywh=160,0,160,90\n";

const play = vi.fn(() => Promise.resolve());

beforeEach(() => {
  play.mockClear();
  localStorage.clear();
  HTMLMediaElement.prototype.play = play;
  Object.defineProperty(HTMLTrackElement.prototype, "track", { configurable: true, value: { mode: "disabled" } });
  HTMLMediaElement.prototype.pause = vi.fn();
  Object.defineProperty(HTMLMediaElement.prototype, "duration", { configurable: true, get: () => 60 });
  vi.stubGlobal("fetch", () => Promise.resolve({ ok: true, text: () => Promise.resolve(VTT) }));
});
afterEach(cleanup);

function show(link = "/one.mp4") {
  const player = createRef<HTMLVideoElement>();
  const onStale = vi.fn();
  const onTheatre = vi.fn();
  const ui = (address: string, corrected: number) => (
    <FilmPlayer
      archive={archive}
      link={address}
      player={player}
      label="Film"
      timeline={timeline}
      chapters={chapters}
      from={null}
      theatre={false}
      onTheatre={onTheatre}
      onStale={onStale}
      corrections={corrected}
    />
  );
  const { rerender } = render(ui(link, 0));
  const film = player.current;
  if (!film) throw new Error("no film");
  fireEvent.durationChange(film);
  return { film, onStale, onTheatre, renewed: (address: string, corrected = 0) => rerender(ui(address, corrected)) };
}

it("is walked through by keys", () => {
  const { film, onTheatre } = show();
  fireEvent.keyDown(window, { key: "l" });
  expect(film.currentTime).toBe(10);
  fireEvent.keyDown(window, { key: "ArrowLeft" });
  expect(film.currentTime).toBe(5);
  fireEvent.keyDown(window, { key: "n" });
  expect(film.currentTime).toBe(20);
  fireEvent.keyDown(window, { key: "9" });
  expect(film.currentTime).toBe(54);
  fireEvent.keyDown(window, { key: ">" });
  expect(film.playbackRate).toBe(1.25);
  fireEvent.keyDown(window, { key: "t" });
  expect(onTheatre).toHaveBeenCalledOnce();
  fireEvent.keyDown(window, { key: "j", ctrlKey: true });
  expect(film.currentTime).toBe(54);
  expect(play).not.toHaveBeenCalled();
  fireEvent.keyDown(window, { key: " " });
  expect(play).toHaveBeenCalledOnce();
});

it("shows what is seen where the pointer is", async () => {
  show();
  const line = screen.getByTestId("scrub");
  line.getBoundingClientRect = () => ({ left: 0, width: 600 }) as DOMRect;
  await act(() => Promise.resolve(fireEvent(line, new MouseEvent("pointermove", { bubbles: true, clientX: 450 }))));
  expect(screen.getByTestId("scrub-look").textContent).toBe("0:45Ben");
  expect(screen.getByTestId("thumbnail").style.backgroundImage).toContain("/s.jpg");
  fireEvent.pointerLeave(line);
  expect(screen.queryByTestId("scrub-look")).toBeNull();
});

it("skips silences while it plays", () => {
  const { film } = show();
  Object.defineProperty(film, "paused", { value: false });
  film.currentTime = 12;
  fireEvent.timeUpdate(film);
  expect(film.currentTime).toBe(12);
  fireEvent.click(screen.getByTestId("skip"));
  fireEvent.timeUpdate(film);
  expect(film.currentTime).toBeCloseTo(19.6);
});

it("goes on at the same moment by a new link when the old one has ended", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { film, onStale, renewed } = show();
  renewed("/two.mp4");
  expect(film.getAttribute("src")).toBe("/one.mp4"); // what plays goes on
  vi.advanceTimersByTime(3_600_000);
  film.currentTime = 33;
  fireEvent.error(film);
  expect(onStale).toHaveBeenCalledOnce();
  expect(film.getAttribute("src")).toBe("/two.mp4");
  film.currentTime = 0;
  fireEvent.loadedMetadata(film);
  expect(film.currentTime).toBe(33);
  fireEvent.error(film);
  expect(screen.getByRole("alert").textContent).toContain("cannot be played");
  vi.useRealTimers();
});

it("has lanes that arrow keys walk from turn to turn", () => {
  const player = createRef<HTMLVideoElement>();
  render(
    <>
      <video ref={player} />
      <SpeakerTimeline timeline={timeline} player={player} />
    </>,
  );
  const [ann] = screen.getAllByRole("slider");
  const film = player.current;
  if (!ann || !film) throw new Error("nothing there");
  expect(ann.getAttribute("aria-label")).toBe("Ann speaks");
  expect(ann.getAttribute("aria-valuetext")).toBe("1 of 2: 0:02 to 0:08");
  fireEvent.keyDown(ann, { key: "End" });
  expect(film.currentTime).toBe(40);
  fireEvent.timeUpdate(film);
  expect(ann.getAttribute("aria-valuetext")).toBe("2 of 2: 0:40 to 0:58");
  fireEvent.keyDown(ann, { key: "ArrowLeft" });
  expect(film.currentTime).toBe(2);
});

it("reads captions and chapters again once what is said was corrected, and shows them on", () => {
  const { film, renewed } = show();
  fireEvent.keyDown(window, { key: "c" });
  const captions = film.querySelector<HTMLTrackElement>("track[kind=captions]");
  const before = captions?.getAttribute("src") ?? "";
  renewed("/one.mp4", 1);
  expect(film.querySelector("track[kind=captions]")).toBe(captions);
  expect(captions?.getAttribute("src")).toBe(`${before}&changes=1`);
  expect(film.querySelector("track[kind=chapters]")?.getAttribute("src")).toMatch(/changes=1$/);
});
