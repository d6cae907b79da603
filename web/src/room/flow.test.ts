// A break is told within two seconds, and pauses are none.
import { expect, it } from "vitest";
import { Flow } from "./flow";

const LOOK_MS = 300;

/** When (ms) the flow is seen to have stopped; something arrives every `every` ms but for the break. */
function breaks(every: number, from: number, to: number, until = 30_000): [number, number] | null {
  const flow = new Flow();
  let [stopped, back] = [-1, -1];
  for (let now = 0; now < until; now += LOOK_MS) {
    const arrived = Math.floor(now / every) > Math.floor((now - LOOK_MS) / every) && (now < from || now >= to);
    flow.look(arrived, now);
    if (flow.stopped && stopped < 0) stopped = now;
    if (!flow.stopped && stopped >= 0 && back < 0) back = now;
  }
  return stopped < 0 ? null : [stopped - from, back - to];
}

it.each([20, 100, 400])("tells of a break within two seconds where something came every %i ms, and of its end", (every) => {
  const [stopped, back] = breaks(every, 10_000, 15_000) ?? [NaN, NaN];
  expect(stopped).toBeLessThanOrEqual(2000);
  expect(back).toBeLessThanOrEqual(LOOK_MS + every);
});

it("tells of a second break as soon as of the first", () => {
  const flow = new Flow();
  const run = (from: number, to: number, arrived: boolean) => {
    for (let now = from; now < to; now += LOOK_MS) flow.look(arrived, now);
  };
  run(0, 6000, true);
  run(6000, 12_000, false);
  run(12_000, 15_000, true);
  run(15_000, 17_100, false);
  expect(flow.stopped).toBe(true);
});

it("takes neither a short pause nor a slow rhythm nor the beginning for a break", () => {
  expect(breaks(100, 10_000, 10_900)).toBeNull();
  expect(breaks(2500, 99_999, 99_999)).toBeNull();
  expect(breaks(100, 600, 20_000)).toBeNull();
});
