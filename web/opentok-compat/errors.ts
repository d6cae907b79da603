// OpenTok's errors: their names, and the codes that its documentation gives them.

export const CODES = {
  OT_AUTHENTICATION_ERROR: 1004,
  OT_INVALID_SESSION_ID: 1005,
  OT_CONNECT_FAILED: 1006,
  OT_NOT_CONNECTED: 1010,
  OT_INVALID_PARAMETER: 1011,
  OT_USER_MEDIA_ACCESS_DENIED: 1500,
  OT_UNABLE_TO_PUBLISH: 1500,
  OT_HARDWARE_UNAVAILABLE: 1500,
  OT_NO_DEVICES_FOUND: 1500,
  OT_CONSTRAINTS_NOT_SATISFIED: 1500,
  OT_PERMISSION_DENIED: 1500,
  OT_SCREEN_SHARING_NOT_SUPPORTED: 1500,
  OT_UNABLE_TO_FORCE_DISCONNECT: 1520,
  OT_UNABLE_TO_FORCE_UNPUBLISH: 1530,
  OT_UNABLE_TO_FORCE_MUTE: 1540,
  OT_UNABLE_TO_SUBSCRIBE: 1600,
  OT_STREAM_NOT_FOUND: 1604,
  OT_NOT_SUPPORTED: 1013,
} as const;

export type ErrorName = keyof typeof CODES;

export class OTError extends Error {
  readonly code: number;

  constructor(
    override readonly name: ErrorName,
    message: string,
    code?: number,
  ) {
    super(message);
    this.code = code ?? CODES[name];
  }
}

/** Called with an error, or with nothing when all went well. */
export type Completion = (error?: OTError) => void;

/** Anything thrown, as an OTError; `name` for what says nothing else of itself. */
export function asError(thrown: unknown, name: ErrorName): OTError {
  if (thrown instanceof OTError) return thrown;
  return new OTError(name, thrown instanceof Error ? thrown.message : String(thrown));
}

const witnesses = new Set<(error: OTError) => void>();

/** Every error of every call is told to `witness` too; for OpenTok's `exception` event. */
export function witness(told: (error: OTError) => void): void {
  witnesses.add(told);
}

/** Runs `act` and tells `done` how it went. */
export function complete(act: Promise<unknown>, name: ErrorName, done: Completion | undefined): void {
  act.then(
    () => done?.(),
    (thrown: unknown) => {
      const error = asError(thrown, name);
      for (const told of witnesses) told(error);
      if (done) done(error);
      else console.error(`${error.name} (${error.code}): ${error.message}`);
    },
  );
}

/** What the server's answer to a token means. */
export function refusal(status: number, message: string): OTError {
  if (status === 400 || status === 401 || status === 403) return new OTError("OT_AUTHENTICATION_ERROR", message);
  if (status === 404) return new OTError("OT_INVALID_SESSION_ID", message);
  return new OTError("OT_CONNECT_FAILED", message);
}

/** Why a browser gave no camera, microphone or screen. */
export function mediaProblem(thrown: unknown): OTError {
  if (thrown instanceof OTError) return thrown;
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new OTError("OT_USER_MEDIA_ACCESS_DENIED", message);
    case "NotFoundError":
      return new OTError("OT_NO_DEVICES_FOUND", message);
    case "OverconstrainedError":
      return new OTError("OT_CONSTRAINTS_NOT_SATISFIED", message);
    default:
      return new OTError("OT_HARDWARE_UNAVAILABLE", message);
  }
}
