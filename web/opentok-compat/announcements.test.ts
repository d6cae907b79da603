import { expect, test } from "vitest";
import { announcements, NOTHING, toldBy } from "./announcements";

const weekly = { id: "a1", name: "weekly" };
const nameless = { id: "a2", name: "" };

test("metadata that says nothing of a session, or cannot be understood, tells nothing", () => {
  for (const metadata of [undefined, "", "no JSON", "7", '{"recording": null}', '{"archives": 1, "mute": {"active": true}}']) {
    expect(toldBy(metadata)).toEqual(NOTHING);
  }
});

test("an archive that is new has started, one that has gone has stopped", () => {
  const one = toldBy(JSON.stringify({ archives: [weekly] }));
  const other = toldBy(JSON.stringify({ archives: [{ id: "a2", name: null }, { name: "no id" }] }));
  expect(announcements(NOTHING, one)).toEqual([{ event: "archiveStarted", details: weekly }]);
  expect(announcements(one, one)).toEqual([]);
  expect(announcements(one, other)).toEqual([
    { event: "archiveStopped", details: weekly },
    { event: "archiveStarted", details: nameless },
  ]);
});

test("each mute is told once, and what it lifts, too", () => {
  const muted = toldBy('{"mute": {"active": true, "at": 5}}');
  const lifted = toldBy('{"mute": {"active": false, "at": 9}}');
  expect(announcements(NOTHING, muted)).toEqual([{ event: "muteForced", details: { active: true } }]);
  expect(announcements(muted, muted)).toEqual([]);
  expect(announcements(muted, lifted)).toEqual([{ event: "muteForced", details: { active: false } }]);
});
