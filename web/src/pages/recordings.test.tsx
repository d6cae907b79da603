// Recordings: searched, sorted, by the page; several into the bin at once.
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as client from "../api/client";
import type { Archive, Hit } from "../api/types";
import RecordingsPage from "./RecordingsPage";

const find = vi.spyOn(client, "findFilms");
const remove = vi.spyOn(client, "deleteArchive").mockResolvedValue();
const film = (n: number) => ({
  film: { id: `a${n}`, name: `Film ${n}`, status: "available", url: "/f.mp4", createdAt: n, duration: 60, mayEdit: n > 1 } as Archive,
  room: "Standup",
  people: ["Ann", "Ben"],
  moments: 0,
  hits: [] as Hit[],
});

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.setItem("reelroom.visits", JSON.stringify([{ sessionId: "s1", roomName: "Standup", at: 1 }]));
  remove.mockClear();
  find.mockReset();
  find.mockImplementation((_wanted, offset, count) => Promise.resolve({ count: 100, items: Array.from({ length: count }, (_, n) => film(n + offset)) }));
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function show(address = "/recordings") {
  render(
    <MemoryRouter initialEntries={[address]}>
      <RecordingsPage />
    </MemoryRouter>,
  );
  await act(() => vi.advanceTimersByTimeAsync(300));
}

it("shows a page of them, and more when asked", async () => {
  await show();
  expect(screen.getAllByTestId("card")).toHaveLength(24);
  expect(screen.getByTestId("recordings-count").textContent).toBe("100 films");
  expect(find.mock.lastCall?.[0]).toEqual({ sessions: ["s1"], room: "", sought: "", person: "", sort: "newest", bin: false });
  fireEvent.click(screen.getByTestId("recordings-more"));
  await act(() => vi.advanceTimersByTimeAsync(300));
  expect(screen.getAllByTestId("card")).toHaveLength(48);
});

it("shares a film from the list, for who may", async () => {
  const [shared, other] = [film(1), film(2)];
  find.mockResolvedValue({ count: 2, items: [{ ...shared, film: { ...shared.film, mayShare: true } }, other] });
  vi.spyOn(client, "listFilmLinks").mockResolvedValue([]);
  HTMLDialogElement.prototype.showModal = () => undefined;
  HTMLDialogElement.prototype.close = () => undefined;
  await show();
  expect(screen.getAllByTestId("card-share")).toHaveLength(1);
  vi.useRealTimers();
  fireEvent.click(screen.getByTestId("card-share"));
  expect(await screen.findByTestId("share-dialog")).toBeDefined();
});

it("asks for what is sought, once nobody types any more", async () => {
  await show();
  find.mockClear();
  for (const value of ["l", "la", "launch"]) fireEvent.change(screen.getByTestId("recordings-find"), { target: { value } });
  await act(() => vi.advanceTimersByTimeAsync(300));
  expect(find.mock.calls.map(([wanted]) => wanted.sought)).toEqual(["launch"]);
  fireEvent.change(screen.getByTestId("recordings-sort"), { target: { value: "longest" } });
  await act(() => vi.advanceTimersByTimeAsync(300));
  expect(find.mock.lastCall?.[0]).toMatchObject({ sought: "launch", sort: "longest" });
});

it("puts several into the bin at once, and shows the bin", async () => {
  await show();
  expect(screen.getAllByTestId("choose")).toHaveLength(22); // two of them are others'
  for (const box of screen.getAllByTestId("choose").slice(0, 2)) fireEvent.click(box);
  fireEvent.click(screen.getByTestId("chosen-act"));
  await act(() => vi.advanceTimersByTimeAsync(300));
  expect(remove.mock.calls.map(([id]) => id)).toEqual(["a2", "a3"]);
  expect(screen.getByText("2 films are in the bin.")).toBeDefined();
  fireEvent.click(screen.getByTestId("recordings-bin"));
  await act(() => vi.advanceTimersByTimeAsync(300));
  expect(find.mock.lastCall?.[0]).toMatchObject({ bin: true });
});

it("asks for a room by its name, without going there", async () => {
  const open = vi.spyOn(client, "openSession");
  await show("/recordings?room=Elsewhere");
  expect(find.mock.lastCall?.[0]).toMatchObject({ room: "Elsewhere", sessions: [] });
  expect(open).not.toHaveBeenCalled();
});

it("shows where what is sought is said, and leads there", async () => {
  const hit: Hit = { at: 65.4, kind: "words", name: "Ann", text: "The 🎬 budget is here", marks: [[6, 12]] };
  find.mockResolvedValue({ count: 1, items: [{ ...film(1), moments: 3, hits: [hit] }] });
  await show("/recordings?q=budget");
  const link = screen.getByTestId("hit");
  expect(link.getAttribute("href")).toBe("/film/a1?t=65");
  expect(link.querySelector("mark")?.textContent).toBe("budget");
  expect(link.textContent).toContain("Ann The 🎬 budget is here");
  expect(screen.getByText("and at 2 more moments")).toBeDefined();
});

it("shows the films of somebody, and again of everybody", async () => {
  await show();
  for (const name of screen.getAllByText("Ben").slice(0, 1)) fireEvent.click(name);
  await act(() => vi.advanceTimersByTimeAsync(300));
  expect(find.mock.lastCall?.[0]).toMatchObject({ person: "Ben" });
  expect(screen.getByTestId("person").textContent).toContain("With Ben");
  fireEvent.click(screen.getByTestId("person-off"));
  await act(() => vi.advanceTimersByTimeAsync(300));
  expect(find.mock.lastCall?.[0]).toMatchObject({ person: "" });
});
