// What can be done with a film: cut it again, delete it and take that back, go to a moment of it.
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as client from "../api/client";
import type { Archive } from "../api/types";
import { ArchiveActions } from "./ArchiveActions";
import { Moments } from "./Moments";
import ShareDialog from "./ShareDialog";

const remove = vi.spyOn(client, "deleteArchive").mockResolvedValue();
const restore = vi.spyOn(client, "restoreArchive").mockResolvedValue();
HTMLDialogElement.prototype.showModal = () => undefined;
HTMLDialogElement.prototype.close = () => undefined;
window.matchMedia = (() => ({ matches: true })) as unknown as typeof window.matchMedia;

beforeEach(() => {
  remove.mockClear();
  restore.mockClear();
});
afterEach(cleanup);

const film = { id: "a1", name: "Monday", status: "available", tracksUrl: null, mayEdit: true } as Archive;
const show = () => render(<ArchiveActions archive={film} link="/films/a1.mp4" onChanged={vi.fn()} />);

it("puts a film into the bin at once, and takes it out again", async () => {
  const onChanged = vi.fn();
  render(<ArchiveActions archive={film} link="/films/a1.mp4" onChanged={onChanged} />);
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("delete"))));
  expect(remove).toHaveBeenCalledExactlyOnceWith("a1", undefined);
  expect(restore).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(screen.getByTestId("undo"));
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("undo"))));
  expect(restore).toHaveBeenCalledExactlyOnceWith("a1", undefined);
  expect(onChanged).toHaveBeenCalledOnce();
  expect(screen.getByTestId("delete")).toBeDefined();
});

it("offers what was recorded where the film failed, and to make it again", async () => {
  const again = vi.spyOn(client, "recutArchive").mockRejectedValueOnce(new Error("It is gone")).mockResolvedValue(film);
  const onChanged = vi.fn();
  render(<ArchiveActions archive={{ ...film, status: "failed", tracksUrl: "/films/a1.zip" }} link={undefined} onChanged={onChanged} />);
  expect(screen.getByTestId("tracks").getAttribute("href")).toBe("/films/a1.zip");
  expect(screen.queryByTestId("recut")).toBeNull();
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("again"))));
  expect(screen.getByText("It is gone")).toBeDefined();
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("again"))));
  expect(again).toHaveBeenLastCalledWith("a1", {}, undefined);
  expect(onChanged).toHaveBeenCalledOnce();
});

it("shows a film that stays where its deletion is refused", async () => {
  remove.mockRejectedValueOnce(new Error("Not yours"));
  show();
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("delete"))));
  expect(screen.getByText("Not yours")).toBeDefined();
  expect(screen.getByTestId("delete")).toBeDefined();
});

it("makes a link, shows it once, and takes one back", async () => {
  const link = { id: "l1", grants: "view", createdAt: 1, expiresAt: 2, uses: 3, usedAt: 2 };
  vi.spyOn(client, "listFilmLinks").mockResolvedValue([link]);
  const make = vi.spyOn(client, "shareArchive").mockResolvedValue({ ...link, url: "https://here/film#abc" });
  const revoke = vi.spyOn(client, "revokeFilmLink").mockResolvedValue();
  await act(() => Promise.resolve(render(<ShareDialog archiveId="a1" onClose={vi.fn()} />)));
  expect(screen.queryByTestId("share-url")).toBeNull();
  fireEvent.change(screen.getByTestId("share-grants"), { target: { value: "edit" } });
  fireEvent.change(screen.getByTestId("share-days"), { target: { value: "7" } });
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("share-make"))));
  expect(make).toHaveBeenCalledExactlyOnceWith("a1", "edit", 7 * 24 * 3600);
  expect(screen.getByTestId<HTMLInputElement>("share-url").value).toBe("https://here/film#abc");
  await act(() => Promise.resolve(fireEvent.click(screen.getByTestId("share-revoke"))));
  expect(revoke).toHaveBeenCalledExactlyOnceWith("a1", "l1");
});

it("offers nothing that whoever looks may not do", () => {
  render(<ArchiveActions archive={{ ...film, tracksUrl: "/t.zip", mayEdit: false }} link="/films/a1.mp4" onChanged={vi.fn()} />);
  expect(screen.queryByTestId("delete")).toBeNull();
  expect(screen.queryByTestId("recut")).toBeNull();
  expect(screen.getByTestId("tracks")).toBeDefined();
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
