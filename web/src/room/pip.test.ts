// What is seen over other windows.
import type { TrackReference } from "@livekit/components-react";
import { expect, it } from "vitest";
import { screenKey, type Person } from "./people";
import { overOthers, pipKind } from "./pip";

const track = (name: string) => ({ name }) as unknown as TrackReference;
const person = (identity: string, change: Partial<Person> = {}) => ({ identity, name: identity, camera: null, screen: null, ...change }) as Person;

it("opens a window where there are such, a picture where there is only that, and nothing elsewhere", () => {
  const [able, unable] = [{ pictureInPictureEnabled: true }, {}];
  expect(pipKind({ documentPictureInPicture: {}, document: able }, false)).toBe("window");
  expect(pipKind({ documentPictureInPicture: {}, document: able }, true)).toBe("picture");
  expect(pipKind({ document: able }, false)).toBe("picture");
  expect(pipKind({ document: unable }, false)).toBe(null);
});

it("shows the speaker, with a picture or without one", () => {
  const [ann, ben, me] = [person("ann", { camera: track("ann") }), person("ben"), person("me", { camera: track("me") })];
  expect(overOthers(me, [ann, ben], null, "ann")).toEqual({ person: ann, track: ann.camera, screen: false });
  expect(overOthers(me, [ann, ben], null, "ben")).toEqual({ person: ben, track: null, screen: false });
  expect(overOthers(me, [], null, null)).toEqual({ person: me, track: me.camera, screen: false });
});

it("shows a screen that another shares before the speaker, and whom one pinned before both", () => {
  const [ann, ben, me] = [person("ann", { screen: track("screen") }), person("ben", { camera: track("ben") }), person("me", { screen: track("mine") })];
  expect(overOthers(me, [ann, ben], null, "ben")).toEqual({ person: ann, track: ann.screen, screen: true });
  expect(overOthers(me, [ann, ben], "ben", "ann")).toEqual({ person: ben, track: ben.camera, screen: false });
  expect(overOthers(me, [ann, ben], screenKey("me"), "ann")).toEqual({ person: me, track: me.screen, screen: true });
  expect(overOthers(me, [ben], screenKey("ann"), "ben")).toEqual({ person: ben, track: ben.camera, screen: false });
});
