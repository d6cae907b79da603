// What people say, as text over the stage, for whoever wants to read it.
import type { CaptionsView } from "../room/Captions";
import type { Person } from "../room/people";
import { texts } from "../texts";
import "./CaptionLines.css";

export function CaptionLines({ captions, people }: { captions: CaptionsView; people: Person[] }) {
  if (!captions.wanted) return null;
  const nameOf = (identity: string) => people.find((person) => person.identity === identity)?.name ?? texts.call.guest;
  const { lines } = captions;
  return (
    <section className="captions" aria-label={texts.captions.title} data-testid="captions">
      {lines.length === 0 && <p className="captions-waiting">{captions.ready ? texts.captions.waiting : texts.captions.starting}</p>}
      {lines.map(({ id, connectionId, text, final }) => (
        <p key={id} dir="auto" data-testid="caption" data-final={final}>
          <bdi>
            <b>{nameOf(connectionId)}</b>
          </bdi>{" "}
          {text}
        </p>
      ))}
    </section>
  );
}
