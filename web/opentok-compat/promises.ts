// OpenTok's two ways to learn how a call went: a completion handler, and a promise.
import { asError, complete, OTError, type Completion, type ErrorName } from "./errors";

/** `call`, with its twin under the name `promise`. */
export function withPromise<Call extends (...args: never[]) => unknown, Kept extends (...args: never[]) => Promise<unknown>>(
  call: Call,
  promise: Kept,
): Call & { promise: Kept } {
  return Object.assign(call, { promise });
}

/** The promise of a call that also has a completion handler. It may be left alone: a refusal is never unhandled. */
export function promised<T>(act: Promise<T>, name: ErrorName, done?: Completion): Promise<T> {
  const told = act.catch((thrown: unknown) => Promise.reject(asError(thrown, name)));
  complete(told, name, done);
  return told;
}

/** The same for a handler that is called with an error or nothing, and what was found. */
export function found<T>(act: Promise<T>, name: ErrorName, done?: (error: OTError | undefined, found?: T) => void): Promise<T> {
  const told = act.catch((thrown: unknown) => Promise.reject(asError(thrown, name)));
  told.then(
    (value) => done?.(undefined, value),
    (error: unknown) => done?.(error as OTError),
  );
  return told;
}
