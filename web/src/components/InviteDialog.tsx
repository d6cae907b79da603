// Invitations into a room: a new one, and those that there are, each of which can be taken back.
import { useEffect, useState } from "react";
import { invite, listInvitations, messageOf, revokeInvitation, serverNow } from "../api/client";
import type { Invitation, NewInvitation, Role } from "../api/types";
import { dateText } from "../room/archives";
import { texts } from "../texts";
import { copyText } from "./clipboard";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import "./ShareDialog.css";

const DAY = 24 * 3600;
const DAYS = [1, 7, 30] as const;
const ROLES = ["publisher", "subscriber", "moderator"] as const;
/** For how long an invitation opens the room's films, where it opens the room for so many seconds. */
const FILMS = { longer: (room: number) => room + 30 * DAY, asLong: (room: number) => room, never: () => 0 };
type Films = keyof typeof FILMS;

interface InviteDialogProps {
  roomName: string;
  onClose: () => void;
}

export default function InviteDialog({ roomName, onClose }: InviteDialogProps) {
  const t = texts.invite;
  const [invitations, setInvitations] = useState<Invitation[]>([]);
  const [made, setMade] = useState<NewInvitation | null>(null);
  const [said, setSaid] = useState("");
  const [role, setRole] = useState<Role>("publisher");
  const [days, setDays] = useState<number>(1);
  const [films, setFilms] = useState<Films>("longer");

  const follow = (work: Promise<unknown>, done: string) => {
    setSaid("");
    work
      .then(() => setSaid(done))
      .then(() => listInvitations(roomName))
      .then(setInvitations)
      .catch((error: unknown) => setSaid(messageOf(error)));
  };
  useEffect(() => {
    let gone = false;
    listInvitations(roomName).then(
      (found) => !gone && setInvitations(found),
      (error: unknown) => !gone && setSaid(messageOf(error)),
    );
    return () => {
      gone = true;
    };
  }, [roomName]);

  const copy = () => {
    copyText(made?.url ?? "").then(
      () => setSaid(texts.call.copied),
      () => setSaid(texts.share.copyFailed),
    );
  };
  return (
    <Dialog title={t.title} testId="invite-dialog" onClose={onClose}>
      <form
        className="share"
        onSubmit={(event) => {
          event.preventDefault();
          const seconds = days * DAY;
          follow(invite(roomName, role, seconds, FILMS[films](seconds)).then(setMade), "");
        }}
      >
        <p>{t.more}</p>
        <div className="share-choices">
          <label className="field">
            <span>{t.role}</span>
            <select value={role} data-testid="invite-role" onChange={(event) => setRole(ROLES.find((each) => each === event.target.value) ?? "publisher")}>
              {ROLES.map((each) => (
                <option key={each} value={each}>
                  {t.roles[each]}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>{texts.share.works}</span>
            <select value={days} data-testid="invite-days" onChange={(event) => setDays(Number(event.target.value))}>
              {DAYS.map((n) => (
                <option key={n} value={n}>
                  {texts.share.days(n)}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>{t.films}</span>
            <select value={films} data-testid="invite-films" onChange={(event) => setFilms(event.target.value as Films)}>
              <option value="longer">{t.filmsLonger}</option>
              <option value="asLong">{t.filmsAsLong}</option>
              <option value="never">{t.filmsNever}</option>
            </select>
          </label>
        </div>
        <button type="submit" className="button button-main" data-testid="invite-make">
          <Icon name="link" size={18} />
          {texts.share.make}
        </button>
        {made && (
          <div className="share-made">
            <input readOnly dir="ltr" value={made.url} aria-label={texts.share.address} data-testid="invite-url" onFocus={(event) => event.target.select()} />
            <button type="button" className="button" data-testid="invite-copy" onClick={copy}>
              {texts.call.copyLink}
            </button>
            <small>{texts.share.once}</small>
          </div>
        )}
        <p role="status" className="share-said">
          {said}
        </p>
      </form>
      {invitations.length > 0 && (
        <section aria-labelledby="invite-links">
          <h3 id="invite-links">{t.links}</h3>
          <ul className="share-links">
            {invitations.map((each) => (
              <li key={each.id} data-testid="invitation" data-role={each.role}>
                <span>
                  <b>{each.owner ? t.owner : t.roles[each.role]}</b>
                  <small>{each.owner ? t.roles[each.role] : opens(each)}</small>
                </span>
                {!each.owner && (
                  <button
                    type="button"
                    className="button button-small"
                    data-testid="invite-revoke"
                    onClick={() => {
                      if (made?.id === each.id) setMade(null);
                      follow(revokeInvitation(each.id), t.revoked);
                    }}
                  >
                    {texts.share.revoke}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  );
}

/** Until when it opens what. */
function opens({ expiresAt, filmsUntil }: Invitation): string {
  const now = serverNow();
  const room = expiresAt > now ? texts.share.until(dateText(expiresAt)) : texts.invite.roomOver;
  return filmsUntil > now ? `${room} · ${texts.invite.filmsUntil(dateText(filmsUntil))}` : room;
}
