// The dialog for invitations: what it asks the server for, what it lists, and what it takes back.
// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Invitation } from "../api/types";
import { texts } from "../texts";
import InviteDialog from "./InviteDialog";

const DAY = 24 * 3600;
const owner: Invitation = { id: "o", role: "moderator", owner: true, createdAt: 0, expiresAt: 4e12, filmsUntil: 4e12 };
let kept: Invitation[] = [];
let asked: [string, string, unknown][] = [];

beforeEach(() => {
  kept = [owner];
  asked = [];
  HTMLDialogElement.prototype.showModal = vi.fn();
  HTMLDialogElement.prototype.close = vi.fn();
  vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : null;
    asked.push([method, path, body]);
    if (method === "DELETE") kept = kept.filter(({ id }) => !path.endsWith(id));
    if (method === "POST") kept = [{ ...owner, id: "n", owner: false, role: "subscriber", filmsUntil: 0 }, ...kept];
    const answer = method === "POST" ? { ...kept[0], url: "http://here/room/board?invite=x" } : kept;
    return Promise.resolve(new Response(method === "DELETE" ? null : JSON.stringify(answer), { status: method === "DELETE" ? 204 : 200 }));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("makes a link in a role, with an end and a right to the recordings, and takes it back", async () => {
  render(<InviteDialog roomName="bo ard" onClose={() => undefined} />);
  const mine = await screen.findByTestId("invitation");
  expect(within(mine).getByText(texts.invite.owner)).toBeTruthy();
  expect(screen.queryByTestId("invite-revoke")).toBeNull();

  fireEvent.change(screen.getByTestId("invite-role"), { target: { value: "subscriber" } });
  fireEvent.change(screen.getByTestId("invite-days"), { target: { value: "7" } });
  fireEvent.change(screen.getByTestId("invite-films"), { target: { value: "never" } });
  fireEvent.click(screen.getByTestId("invite-make"));
  expect((await screen.findByTestId<HTMLInputElement>("invite-url")).value).toBe("http://here/room/board?invite=x");
  expect(asked).toContainEqual(["POST", "/invitations/bo%20ard", { role: "subscriber", expiresIn: 7 * DAY, filmsExpireIn: 0 }]);

  fireEvent.click(await screen.findByTestId("invite-revoke"));
  await waitFor(() => expect(screen.getAllByTestId("invitation")).toHaveLength(1));
  expect(asked).toContainEqual(["DELETE", "/invitations/n", null]);
  expect(screen.getByText(texts.invite.revoked)).toBeTruthy();
  expect(screen.queryByTestId("invite-url")).toBeNull();
});
