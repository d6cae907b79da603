// OpenTok lets a caller leave out any argument but the last: which is which is seen by what it is. Pure.
import type { Target } from "./elements";
import type { Completion } from "./errors";

export interface Wish<Properties> {
  target: Target;
  properties: Properties;
  done: Completion | undefined;
}

/** `(target?, properties?, done?)`. */
export function wishOf<Properties extends object>(...given: readonly unknown[]): Wish<Properties> {
  const isTarget = (each: unknown) => typeof each === "string" || each instanceof HTMLElement;
  const isObject = (each: unknown) => typeof each === "object" && each !== null && !(each instanceof HTMLElement);
  return {
    target: given.find(isTarget),
    properties: (given.find(isObject) ?? {}) as Properties,
    done: given.find((each) => typeof each === "function") as Completion | undefined,
  };
}
