// Who is to be seen large, on the recorder's page and in the speaker view: the director's rules, as far as they go
// without knowing what comes. Pure; see docs/formats.md for the rules.

export interface StageInput {
  /** Identities of the people in the room, in the order they came. */
  people: readonly string[];
  /** Identities of those whose camera is on. */
  lit: readonly string[];
  /** Identities of those who share a screen, the latest last. */
  screens: readonly string[];
  /** Identities of those who speak, the loudest first. */
  speakers: readonly string[];
  /** Milliseconds on any steady clock. */
  now: number;
}

export interface Shot {
  identity: string;
  kind: "camera" | "screen";
  /** Whose face is small over a shared screen. */
  inset: string | null;
  /** When it began. */
  since: number;
}

export interface Stage {
  /** Null while nobody is there. */
  shot: Shot | null;
  /** Since when those who speak do so. */
  began: ReadonlyMap<string, number>;
  /** Who has spoken and fell silent, the latest last. */
  spoke: readonly string[];
  /** Since when nobody speaks; null while somebody does, and before anybody has. */
  silentSince: number | null;
}

export const emptyStage: Stage = { shot: null, began: new Map(), spoke: [], silentSince: null };

// As in src/reelroom/cutting/rules.py; tests/test_page_rules.py holds them together.
const SHORTEST_SHOT_MS = 2000;
/** A cough does not take the screen. */
const SHORTEST_SPEECH_MS = 600;
/** Who talks into another's speech takes the screen after holding on so long. */
const OVERLAP_MS = 1400;

/** The stage after `input`; the same one if nothing has changed. */
export function nextStage(before: Stage, input: StageInput): Stage {
  const { people, speakers, now } = input;
  const speaking = speakers.filter((identity) => people.includes(identity));
  const fallen = [...before.began.keys()].filter((identity) => !speaking.includes(identity));
  const changed = fallen.length > 0 || speaking.some((identity) => !before.began.has(identity));
  const began = changed ? new Map(speaking.map((identity) => [identity, before.began.get(identity) ?? now])) : before.began;
  const spoke = fallen.length > 0 ? [...before.spoke.filter((identity) => !fallen.includes(identity)), ...fallen] : before.spoke;
  const silentSince = began.size > 0 ? null : before.began.size > 0 ? now : before.silentSince;
  const shot = nextShot({ shot: before.shot, began, spoke, silentSince }, input);
  return !changed && shot === before.shot ? before : { shot, began, spoke, silentSince };
}

function nextShot(stage: Stage, input: StageInput): Shot | null {
  const { people, screens, now } = input;
  const { shot } = stage;
  const face = nextFace(stage, input);
  const shown = shot?.kind === "screen" && screens.includes(shot.identity) ? shot.identity : screens.at(-1);
  const wish: Shot | null =
    shown !== undefined
      ? { identity: shown, kind: "screen", inset: face, since: now }
      : face === null
        ? null
        : { identity: face, kind: "camera", inset: null, since: now };
  if (shot === null || wish === null) return wish;
  if (wish.identity === shot.identity && wish.kind === shot.kind && wish.inset === shot.inset) return shot;
  const gone = shot.kind === "screen" ? !screens.includes(shot.identity) || (shot.inset !== null && !people.includes(shot.inset)) : !people.includes(shot.identity);
  return gone || now - shot.since >= SHORTEST_SHOT_MS ? wish : shot;
}

/** Whose face is to be seen. */
function nextFace({ shot, began, spoke, silentSince }: Stage, { people, lit, now }: StageInput): string | null {
  const faced = shot?.kind === "screen" ? shot.inset : (shot?.identity ?? null);
  const onScreen = faced !== null && people.includes(faced) ? faced : null;
  // Who began first comes first.
  const speaking = [...began].sort(([, a], [, b]) => a - b);
  if (onScreen !== null && began.has(onScreen)) {
    const since = shot?.since ?? 0;
    const held = speaking.find(([identity, at]) => identity !== onScreen && at >= since && now - at >= OVERLAP_MS);
    return held ? held[0] : onScreen;
  }
  const stays = onScreen !== null && spoke.includes(onScreen);
  const lasting = speaking.find(([, at]) => !stays || now - at >= SHORTEST_SPEECH_MS);
  if (lasting) return lasting[0];
  const last = [...(stays ? [onScreen] : []), ...[...spoke].reverse(), ...(onScreen !== null ? [onScreen] : [])].filter((identity) => people.includes(identity));
  const order = [...last, ...people];
  // A pause between two sentences is not the end.
  if (stays && silentSince !== null && now - silentSince < SHORTEST_SHOT_MS) return onScreen;
  // In silence, somebody without a picture gives way to somebody with one.
  return order.find((identity) => lit.includes(identity)) ?? order[0] ?? null;
}
