// The share of a processor, from look to look.
import { expect, it } from "vitest";
import type { AdminState } from "../api/schema";
import { cpuShare } from "./load";

const at = (now: number, cpuSeconds: number): AdminState => ({
  now,
  rooms: [],
  renders: [{ id: "r", roomName: "x", status: "started", since: 0, cpuSeconds, lostPackets: 0 }],
  archives: [],
  disk: { free: 1, total: 2 },
  callbacksWaiting: 0,
});

it("is what was used between two looks", () => expect(cpuShare("r", at(1000, 4), at(3000, 5))).toBe(0.5));

it("is unknown at first, for others, and after a restart", () => {
  expect([
    cpuShare("r", null, at(1000, 4)),
    cpuShare("q", at(1000, 4), at(3000, 5)),
    cpuShare("r", at(1000, 4), at(3000, 1)),
  ]).toEqual([null, null, null]);
});
