// Whether this browser is in the same session in another window, too.

/** Calls `onFound` in each window of them once one more has come, until the signal aborts. */
export function watchOtherWindows(sessionId: string, onFound: () => void, signal: AbortSignal): void {
  if (typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(`reelroom.in.${sessionId}`);
  channel.addEventListener("message", ({ data }) => {
    if (data === "who") channel.postMessage("me");
    onFound();
  });
  signal.addEventListener("abort", () => channel.close());
  channel.postMessage("who");
}
