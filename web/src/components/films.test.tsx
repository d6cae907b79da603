// What can be done with a film: cut it again, delete it and take that back, go to a moment of it.
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as client from "../api/client";
import type { Archive } from "../api/types";
import { ArchiveActions } from "./ArchiveActions";
import { Moments } from "./Moments";
import RecutDialog from "./RecutDialog";
import { UNDO_MS } from "./useDeletion";

const remove = vi.spyOn(client, "deleteArchive").mockResolvedValue();
HTMLDialogElement.prototype.showModal = () => undefined;
HTMLDialogElement.prototype.close = () => undefined;
window.matchMedia = (() => ({ matches: true })) as unknown as typeof window.matchMedia;

beforeEach(() => {
  vi.useFakeTimers();
  remove.mockClear();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const film = { id: "a1", name: "Monday", status: "available", tracksUrl: null, mayEdit: true } as Archive;
const show = () => render(<ArchiveActions archive={film} link="/films/a1.mp4" onChanged={vi.fn()} />);

it("deletes a film once it is too late to take that back", async () => {
  show();
  fireEvent.click(screen.getByTestId("delete"));
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS - 1));
  expect(remove).not.toHaveBeenCalled();
  await act(() => vi.advanceTimersByTimeAsync(1));
  expect(remove).toHaveBeenCalledExactlyOnceWith("a1");
});

it("offers nothing that whoever looks may not do", () => {
  render(<ArchiveActions archive={{ ...film, tracksUrl: "/t.zip", mayEdit: false }} link="/films/a1.mp4" onChanged={vi.fn()} />);
  expect(screen.queryByTestId("delete")).toBeNull();
  expect(screen.queryByTestId("recut")).toBeNull();
  expect(screen.getByTestId("tracks")).toBeDefined();
});

it("keeps a film whose deletion was taken back, also when the page is left", async () => {
  const { unmount } = show();
  fireEvent.click(screen.getByTestId("delete"));
  fireEvent.click(screen.getByTestId("undo"));
  await act(() => vi.advanceTimersByTimeAsync(2 * UNDO_MS));
  unmount();
  expect(remove).not.toHaveBeenCalled();
});

it.each(["unmount", "pagehide"])("deletes at once when the page is left: %s", (how) => {
  const { unmount } = show();
  fireEvent.click(screen.getByTestId("delete"));
  if (how === "pagehide") fireEvent(window, new Event("pagehide"));
  unmount();
  expect(remove).toHaveBeenCalledExactlyOnceWith("a1");
});

it("cuts again in the layout that was chosen", () => {
  const onCut = vi.fn();
  render(<RecutDialog onCut={onCut} onClose={vi.fn()} />);
  fireEvent.click(screen.getByTestId("recut-pip"));
  fireEvent.click(screen.getByTestId("recut-yes"));
  expect(onCut).toHaveBeenCalledExactlyOnceWith("pip");
});

it("goes to a moment, and marks the one that the film is at", () => {
  const player = createRef<HTMLVideoElement>();
  const moments = [0, 12, 30].map((at) => ({ at, what: `at ${at}` }));
  HTMLMediaElement.prototype.play = () => Promise.resolve();
  render(
    <>
      <video ref={player} />
      <Moments title="Chapters" testId="chapter" moments={moments} player={player} />
    </>,
  );
  fireEvent.click(screen.getByText("at 12"));
  expect(player.current?.currentTime).toBe(12);
  if (player.current) fireEvent.timeUpdate(player.current);
  expect(screen.getByText("at 12").closest("button")?.getAttribute("aria-current")).toBe("true");
});
