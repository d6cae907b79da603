// Says to those who listen to the page what others can see: the recording, messages, hands, reactions.
import type { Person } from "../room/people";
import type { RoomClient } from "../room/RoomClient";
import { texts } from "../texts";
import { useObservable } from "./hooks";

interface AnnouncerProps {
  client: RoomClient;
  recording: string;
  others: readonly Person[];
}

export function Announcer({ client, recording, others }: AnnouncerProps) {
  const { latest } = useObservable(client.chat.view);
  const reaction = useObservable(client.gestures.reactions).at(-1);
  const hands = others.filter(({ hand }) => hand !== null).map(({ name }) => texts.reactions.raised(name));
  return (
    <>
      <p className="unseen" role="status" data-testid="announcer">
        {recording}
      </p>
      <p className="unseen" aria-live="polite" data-testid="said">
        {latest && texts.chat.from(latest.name, latest.text)}
      </p>
      <p className="unseen" aria-live="polite">
        {hands.join(" ")}
      </p>
      <p className="unseen" aria-live="polite">
        {reaction && texts.reactions.said(reaction.name, texts.reactions[reaction.reaction])}
      </p>
    </>
  );
}
