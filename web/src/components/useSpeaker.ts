// Who is to be large, of those who are there.
import { useEffect, useState } from "react";
import type { Person } from "../room/people";
import { emptyStage, nextStage } from "../room/stage";

/** How often the stage is looked at again when nothing happens: a hold may have ended. */
const LOOK_MS = 500;

/** The same rules as on the recorder's page. */
export function useSpeaker(people: readonly Person[], speakers: readonly string[]): string | null {
  const [{ shot }, setStage] = useState(emptyStage);
  const lit = people.filter(({ camera }) => camera).map(({ identity }) => identity);
  const told = JSON.stringify({ people: people.map(({ identity }) => identity), lit, speakers });
  useEffect(() => {
    const seen = JSON.parse(told) as Record<"people" | "lit" | "speakers", string[]>;
    const look = () => setStage((before) => nextStage(before, { ...seen, screens: [], now: performance.now() }));
    const first = setTimeout(look);
    const timer = setInterval(look, LOOK_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [told]);
  return shot?.identity ?? people[0]?.identity ?? null;
}
