// Who is large on the recorder's page: a pure function of who is there, who shares and who speaks.

export interface StageInput {
  /** Identities of the people in the room, in the order they came. */
  people: readonly string[];
  /** Identities of those who share a screen, the latest last. */
  screens: readonly string[];
  /** Identities of those who speak, the loudest first. */
  speakers: readonly string[];
  /** Milliseconds on any steady clock. */
  now: number;
}

export interface Stage {
  identity: string;
  kind: "camera" | "screen";
  /** When this one came onto the stage. */
  since: number;
}

/** A shot of one speaker lasts at least this long, so that a cough does not steal it. */
export const HOLD_MS = 2000;

/** The stage after `input`; null while nobody is there. */
export function nextStage(stage: Stage | null, { people, screens, speakers, now }: StageInput): Stage | null {
  const sharer = stage?.kind === "screen" && screens.includes(stage.identity) ? stage.identity : screens.at(-1);
  if (sharer !== undefined) return keep(stage, { identity: sharer, kind: "screen", since: now });
  const here = stage !== null && stage.kind === "camera" && people.includes(stage.identity) ? stage : null;
  const speaker = speakers.find((identity) => people.includes(identity));
  if (here) {
    const quiet = speaker === undefined || speakers.includes(here.identity);
    if (quiet || now - here.since < HOLD_MS) return here;
  }
  const after = stage?.kind === "screen" && people.includes(stage.identity) ? stage.identity : undefined;
  const identity = speaker ?? after ?? people[0];
  return identity === undefined ? null : keep(stage, { identity, kind: "camera", since: now });
}

function keep(stage: Stage | null, next: Stage): Stage {
  return stage?.identity === next.identity && stage.kind === next.kind ? stage : next;
}
