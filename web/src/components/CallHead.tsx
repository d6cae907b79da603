// The line above a call: which room, who is there, what is written.
import type { RoomClient } from "../room/RoomClient";
import { texts } from "../texts";
import { copyText } from "./clipboard";
import { useObservable } from "./hooks";
import { Icon } from "./Icon";

export type OpenPanel = "chat" | "people" | null;

interface CallHeadProps {
  client: RoomClient;
  roomName: string;
  count: number;
  /** How many receive what is sent, and are nobody. */
  recorders: number;
  hands: number;
  /** Whether this person may let others in. */
  moderates: boolean;
  /** Whether the room's plain address lets others in: else a copy of it is of no use to anybody. */
  linkOpens: boolean;
  /** Whether somebody reads captions: what is said is turned into text. */
  captioned: boolean;
  panel: OpenPanel;
  onInvite: () => void;
  onPanel: (panel: OpenPanel) => void;
}

export function CallHead({ client, roomName, count, recorders, hands, moderates, linkOpens, captioned, panel, onInvite, onPanel }: CallHeadProps) {
  const t = texts.call;
  const { unread } = useObservable(client.chat.view);
  const said = [t.people(count), recorders > 0 && t.recorders(recorders), hands > 0 && t.hands(hands)].filter(Boolean).join(", ");
  // Arabic says one and two without a digit: whoever speaks to the page says what is written on the button.
  const people = said.includes(String(count)) ? said : `${count}: ${said}`;

  const copyLink = () => {
    const link = `${window.location.origin}/room/${encodeURIComponent(roomName)}`;
    copyText(link).then(
      () => client.toaster.show("info", t.copied),
      () => client.toaster.show("info", t.copyFailed),
    );
  };

  return (
    <header className="call-head">
      <h1 dir="auto">{roomName}</h1>
      {linkOpens && (
        <button type="button" className="call-link" onClick={copyLink} aria-label={t.copyLink} title={t.copyLink} data-testid="copy-link">
          <Icon name="link" size={18} />
          <span>{t.copyLink}</span>
        </button>
      )}
      {moderates && (
        <button type="button" className="call-link" onClick={onInvite} aria-label={t.invite} title={t.invite} data-testid="invite">
          <Icon name="invite" size={18} />
          <span>{t.invite}</span>
        </button>
      )}
      {captioned && (
        <span className="call-captioned" role="status" title={texts.captions.told} data-testid="captioned">
          <Icon name="words" size={18} />
          <span>{texts.captions.title}</span>
        </span>
      )}
      <button
        type="button"
        className={panel === "people" ? "call-tab call-tab-on" : "call-tab"}
        aria-pressed={panel === "people"}
        aria-label={people}
        title={people}
        data-testid="people"
        onClick={() => onPanel(panel === "people" ? null : "people")}
      >
        {hands > 0 && (
          <span className="call-hands" data-testid="hands">
            <Icon name="hand" size={17} />
          </span>
        )}
        <Icon name="people" size={20} />
        <span>{count}</span>
        {recorders > 0 && (
          // Its number is drawn by the stylesheet: "3 1" is no part of the button's name, which those who speak to it say.
          <span className="call-recorders" data-count={recorders} data-testid="recorders">
            <span className="record-dot" />
          </span>
        )}
      </button>
      <button
        type="button"
        className={panel === "chat" ? "call-tab call-tab-on" : "call-tab"}
        aria-pressed={panel === "chat"}
        aria-label={unread > 0 ? `${texts.chat.title}, ${texts.chat.unread(unread)}` : texts.chat.title}
        title={texts.chat.title}
        data-testid="chat"
        data-unread={unread}
        onClick={() => onPanel(panel === "chat" ? null : "chat")}
      >
        <Icon name="chat" size={20} />
        {unread > 0 && (
          <span className="badge" aria-hidden="true">
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
    </header>
  );
}
