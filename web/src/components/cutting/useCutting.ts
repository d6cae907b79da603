// The cut that somebody works on: what is kept, how it was before, and what the server says of words and silences.
import { useCallback, useEffect, useMemo, useState } from "react";
import { messageOf, previewRecut, reachOf } from "../../api/client";
import type { RecutRequest } from "../../api/schema";
import { common, lengthOf, tidied, type Extent } from "../../room/cutting";
import type { Span } from "../../room/timeline";
import { texts } from "../../texts";

/** What is done with chosen words: nothing but them is kept, they are left out, or they are put back. */
export type ByWords = "only" | "drop" | "back";

export interface Cutting {
  archiveId: string;
  /** That of the film's link, where that is what lets somebody in. */
  secret: string | undefined;
  /** Of the film there is, in s. */
  length: number;
  extent: Extent;
  parts: readonly Span[];
  /** What went wrong or came of the last step, in words. */
  said: string;
  busy: boolean;
  /** Refused where nothing would be left. */
  set: (parts: readonly Span[]) => void;
  undo: (() => void) | null;
  byWords: (what: ByWords, first: number, last: number) => void;
  tidy: (order: { fillers: boolean; pauses: number }) => void;
}

const MOST_STEPS = 200;

/** It stays for as long as the film is shown; `on`: somebody works on it. */
export function useCutting(archiveId: string, secret: string | undefined, length: number, on: boolean): Cutting {
  const [reach, setReach] = useState({ before: 0, after: 0 });
  const [steps, setSteps] = useState<readonly (readonly Span[])[]>([]);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const extent = useMemo(() => ({ from: -reach.before, to: length + reach.after }), [reach, length]);
  const parts = useMemo(() => steps.at(-1) ?? [{ start: 0, end: length }], [steps, length]);

  useEffect(() => {
    if (!on) return;
    let gone = false;
    reachOf(archiveId, secret).then(
      (found) => !gone && setReach(found),
      (error: unknown) => !gone && setSaid(messageOf(error)),
    );
    return () => {
      gone = true;
    };
  }, [archiveId, secret, on]);

  const set = useCallback((next: readonly Span[]) => {
    if (next.length === 0) return setSaid(texts.cutting.nothingLeft);
    setSaid("");
    setSteps((before) => [...before.slice(-MOST_STEPS), next]);
  }, []);

  const look = (order: RecutRequest, then: (kept: Span[]) => void) => {
    setBusy(true);
    setSaid("");
    previewRecut(archiveId, order, secret)
      .then(({ ranges }) => then(ranges.map(({ from, to }) => ({ start: from, end: to }))))
      .catch((error: unknown) => setSaid(messageOf(error)))
      .finally(() => setBusy(false));
  };
  /** What the server keeps of the film; it is not asked about what was recorded before and after it. */
  const within = (kept: Span[]) =>
    tidied(common(parts, [{ start: extent.from, end: 0 }, ...kept, { start: length, end: extent.to }]), extent);

  return {
    archiveId,
    secret,
    length,
    extent,
    parts,
    said,
    busy,
    set,
    undo: steps.length > 0 ? () => setSteps((before) => before.slice(0, -1)) : null,
    byWords: (what, first, last) => {
      const run = [{ first, last }];
      look({ words: what === "drop" ? { drop: run } : { keep: run } }, (kept) => {
        if (what === "only") set(kept);
        else if (what === "drop") set(within(kept));
        else set(tidied([...parts, ...kept], extent));
      });
    },
    tidy: (order) =>
      look({ tidy: order }, (kept) => {
        const left = within(kept);
        const saved = lengthOf(parts) - lengthOf(left);
        if (saved < 0.05) return setSaid(texts.cutting.tidyNothing);
        set(left);
        if (left.length > 0) setSaid(texts.cutting.tidied(`${saved.toFixed(1)} s`));
      }),
  };
}
