import { expect, it } from "vitest";
import { Budgets } from "./budget";

it("lets a sender say so much at once, and more as time passes", () => {
  const budgets = new Budgets(2, 4);
  const said = (sender: string, now: number) => Array.from({ length: 10 }, () => budgets.spend(sender, now)).filter(Boolean).length;
  expect(said("flood", 0)).toBe(4);
  expect(said("flood", 0)).toBe(0);
  expect(said("somebody else", 0)).toBe(4);
  expect(said("flood", 1000)).toBe(2);
  expect(said("flood", 60_000)).toBe(4);
});

it("is no more generous when the clock is set back", () => {
  const budgets = new Budgets(1, 1);
  expect(budgets.spend("a", 10_000)).toBe(true);
  expect(budgets.spend("a", 5_000)).toBe(false);
  expect(budgets.spend("a", 6_000)).toBe(true);
});
