// The panels beside a call: who is there, what is written, and what may be done about it.
// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Chat, ChatView, Written } from "../room/Chat";
import type { Person } from "../room/people";
import { Observable } from "../room/Observable";
import { texts } from "../texts";
import ChatPanel from "./ChatPanel";
import PeoplePanel from "./PeoplePanel";

afterEach(cleanup);

const person = (name: string, change: Partial<Person> = {}): Person => ({
  identity: name.toLowerCase(),
  name,
  isLocal: false,
  speaking: false,
  muted: false,
  quality: "good",
  hand: null,
  microphoneSid: "TR_1",
  camera: null,
  screen: null,
  promoted: false,
  consent: null,
  ...change,
});

function showPeople(people: Person[], moderates: boolean) {
  const calls = { onPin: vi.fn(), onMute: vi.fn(), onRemove: vi.fn(), onDoor: vi.fn(), onTranscripts: vi.fn(), onPromote: vi.fn(), onClose: vi.fn() };
  render(<PeoplePanel people={people} recorders={[]} pinned={null} moderates={moderates} door={moderates ? "open" : null} transcripts={moderates ? true : null} {...calls} />);
  return calls;
}

it("puts raised hands first, the longest up before the others", () => {
  showPeople([person("Ann"), person("Ben", { hand: 20 }), person("Chidi", { hand: 10 })], false);
  expect(screen.getAllByTestId("person").map((item) => item.dataset["name"])).toEqual(["Chidi", "Ben", "Ann"]);
});

it("says what is wrong with whom", () => {
  showPeople([person("Ann", { muted: true, quality: "weak" })], false);
  const marks = within(screen.getByTestId("person")).getAllByRole("img").map((mark) => mark.getAttribute("aria-label"));
  expect(marks).toEqual([texts.call.weak, texts.call.muted]);
});

it("offers nothing against others to whoever may not", () => {
  showPeople([person("Me", { isLocal: true }), person("Ann")], false);
  expect([screen.queryByTestId("mute-all"), screen.queryByTestId("remove-person")]).toEqual([null, null]);
});

it("lets who moderates have nothing written down, and nobody else", () => {
  const { onTranscripts } = showPeople([person("Me", { isLocal: true })], true);
  fireEvent.click(screen.getByTestId("transcripts"));
  expect(onTranscripts).toHaveBeenCalledWith(false);
  cleanup();
  showPeople([person("Me", { isLocal: true })], false);
  expect(screen.queryByTestId("transcripts")).toBeNull();
});

it("asks before somebody is removed", () => {
  const { onRemove } = showPeople([person("Me", { isLocal: true }), person("Ann")], true);
  fireEvent.click(screen.getByTestId("remove-person"));
  expect(onRemove).not.toHaveBeenCalled();
  fireEvent.click(screen.getByTestId("remove-yes"));
  expect(onRemove.mock.calls[0]?.[0]).toMatchObject({ name: "Ann" });
});

function showChat(messages: Written[], send = vi.fn(() => Promise.resolve())) {
  const view = new Observable<ChatView>({ messages, unread: 0, latest: null });
  const read = vi.fn();
  const { unmount } = render(<ChatPanel chat={{ view, send, read } as unknown as Chat} onClose={vi.fn()} />);
  return { view, send, read, unmount };
}
Element.prototype.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;

it("sends with Enter, and not the line that Shift begins", () => {
  const { send } = showChat([]);
  const field = screen.getByTestId("chat-text");
  fireEvent.change(field, { target: { value: "Hello" } });
  fireEvent.keyDown(field, { key: "Enter", shiftKey: true });
  expect(send).not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: "Enter" });
  expect(send).toHaveBeenCalledExactlyOnceWith("Hello", null);
});

it("answers a message with it above, and leads from the answer to it", () => {
  const asked: Written = { id: 1, key: "ann 1", replyTo: null, text: "Tea?", name: "Ann", at: 1, mine: false };
  const said: Written = { id: 2, key: "ben 2", replyTo: "ann 1", text: "Yes", name: "Ben", at: 2, mine: false };
  const lost: Written = { id: 3, key: "ben 3", replyTo: "ann 0", text: "No", name: "Ben", at: 3, mine: false };
  const { send } = showChat([asked, said, lost]);
  expect(screen.getAllByTestId("chat-quote").map(({ textContent }) => textContent)).toEqual(["AnnTea?"]);
  fireEvent.click(screen.getByTestId("chat-quote"));
  expect(document.activeElement?.id).toBe("chat-1");
  fireEvent.click(screen.getAllByTestId("chat-reply")[0] as HTMLElement);
  const field = screen.getByTestId("chat-text");
  expect(document.activeElement).toBe(field);
  fireEvent.change(field, { target: { value: "With milk" } });
  fireEvent.keyDown(field, { key: "Enter" });
  expect(send).toHaveBeenCalledExactlyOnceWith("With milk", "ann 1");
  fireEvent.keyDown(field, { key: "Escape" });
  expect(screen.queryByTestId("chat-answering")).toBeNull();
});

it("keeps what could not be sent, and says so", async () => {
  showChat([], vi.fn(() => Promise.reject(new Error("offline"))));
  const field = screen.getByTestId<HTMLTextAreaElement>("chat-text");
  fireEvent.change(field, { target: { value: "Hello" } });
  fireEvent.click(screen.getByTestId("chat-send"));
  expect((await screen.findByRole("alert")).textContent).toBe(texts.chat.failed);
  expect(field.value).toBe("Hello");
});

it("names a writer once for what they write in one go, and marks it all as read", () => {
  const written = (id: number, text: string, at: number): Written => ({ id, key: `ann ${String(id)}`, replyTo: null, text, name: "Ann", at, mine: false });
  const { read, unmount } = showChat([written(1, "One", 0), written(2, "Two", 5000), written(3, "Three", 900_000)]);
  expect(screen.getAllByText("Ann")).toHaveLength(2);
  expect(read).toHaveBeenLastCalledWith(true);
  unmount();
  expect(read).toHaveBeenLastCalledWith(false);
});

it("stays where one reads when another message comes, and follows at the end", () => {
  const written = (id: number, mine = false): Written => ({ id, key: `ben ${String(id)}`, replyTo: null, mine, name: "Ben", text: `message ${String(id)}`, at: id });
  const { view } = showChat([written(1)]);
  const list = screen.getByRole("list");
  const scrolled = vi.spyOn(list, "scrollTo");
  const place = { scrollHeight: 1000, clientHeight: 200, scrollTop: 100 };
  for (const [name, value] of Object.entries(place)) Object.defineProperty(list, name, { value, configurable: true });
  const write = (...messages: Written[]) => act(() => view.set({ ...view.get(), messages }));
  fireEvent.scroll(list);
  write(written(1), written(2));
  expect(scrolled).not.toHaveBeenCalled();
  write(written(1), written(2), written(3, true));
  expect(scrolled).toHaveBeenCalledTimes(1);
  Object.defineProperty(list, "scrollTop", { value: 790 });
  fireEvent.scroll(list);
  write(written(1), written(2), written(3, true), written(4));
  expect(scrolled).toHaveBeenCalledTimes(2);
});
