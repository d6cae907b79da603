// Links to a film: a new one, and those that there are, each of which can be taken back.
import { lazy, useEffect, useState } from "react";
import { listFilmLinks, messageOf, revokeFilmLink, shareArchive } from "../api/client";
import type { FilmLink, Grants } from "../api/types";
import { dateText } from "../room/archives";
import { atMoment } from "../room/player";
import { clockText } from "../room/recording";
import { texts } from "../texts";
import { copyText } from "./clipboard";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { Later } from "./Later";
import type { Player } from "./useFilm";
import { Switch } from "./Switch";
import "./ShareDialog.css";

const QrCode = lazy(() => import("./QrCode"));

const DAY = 24 * 3600;
const DAYS = [1, 7, 30, 365] as const;

interface ShareDialogProps {
  archiveId: string;
  /** Where the film plays: a link may begin at its moment. */
  player?: Player;
  onClose: () => void;
}

export default function ShareDialog({ archiveId, player, onClose }: ShareDialogProps) {
  const t = texts.share;
  const [links, setLinks] = useState<FilmLink[]>([]);
  const [made, setMade] = useState("");
  const [said, setSaid] = useState("");
  const [grants, setGrants] = useState<Grants>("view");
  const [days, setDays] = useState<number>(30);
  const [moment] = useState(() => Math.floor(player?.current?.currentTime ?? 0));
  const [there, setThere] = useState(false);
  const address = made && atMoment(made, there ? moment : null);

  const follow = (work: Promise<unknown>) => {
    setSaid("");
    work
      .then(() => listFilmLinks(archiveId))
      .then(setLinks)
      .catch((error: unknown) => setSaid(messageOf(error)));
  };
  useEffect(() => {
    let gone = false;
    listFilmLinks(archiveId).then(
      (found) => !gone && setLinks(found),
      (error: unknown) => !gone && setSaid(messageOf(error)),
    );
    return () => {
      gone = true;
    };
  }, [archiveId]);

  const copy = () => {
    copyText(address).then(
      () => setSaid(texts.call.copied),
      () => setSaid(t.copyFailed),
    );
  };
  return (
    <Dialog title={t.title} testId="share-dialog" onClose={onClose}>
      <form
        className="share"
        onSubmit={(event) => {
          event.preventDefault();
          follow(shareArchive(archiveId, grants, days * DAY).then(({ url }) => setMade(url)));
        }}
      >
        <p>{t.more}</p>
        <div className="share-choices">
          <label className="field">
            <span>{t.grants}</span>
            <select value={grants} data-testid="share-grants" onChange={(event) => setGrants(event.target.value === "edit" ? "edit" : "view")}>
              <option value="view">{t.view}</option>
              <option value="edit">{t.edit}</option>
            </select>
          </label>
          <label className="field">
            <span>{t.works}</span>
            <select value={days} data-testid="share-days" onChange={(event) => setDays(Number(event.target.value))}>
              {DAYS.map((n) => (
                <option key={n} value={n}>
                  {t.days(n)}
                </option>
              ))}
            </select>
          </label>
        </div>
        {moment > 0 && (
          <Switch on={there} testId="share-moment" onChange={setThere}>
            {t.moment(clockText(moment * 1000))}
          </Switch>
        )}
        <button type="submit" className="button button-main" data-testid="share-make">
          <Icon name="link" size={18} />
          {t.make}
        </button>
        {made && (
          <div className="share-made">
            <input readOnly dir="ltr" value={address} aria-label={t.address} data-testid="share-url" onFocus={(event) => event.target.select()} />
            <button type="button" className="button" data-testid="share-copy" onClick={copy}>
              {texts.call.copyLink}
            </button>
            <small>{t.once}</small>
            <Later>
              <QrCode text={address} label={t.qr} />
            </Later>
          </div>
        )}
        <p role="status" className="share-said">
          {said}
        </p>
      </form>
      {links.length > 0 && (
        <section aria-labelledby="share-links">
          <h3 id="share-links">{t.links}</h3>
          <ul className="share-links">
            {links.map((link) => (
              <li key={link.id} data-testid="share-link">
                <span>
                  <b>{link.grants === "edit" ? t.edit : t.view}</b>
                  <small>
                    {t.until(dateText(link.expiresAt))} · {t.uses(link.uses)}
                  </small>
                </span>
                <button
                  type="button"
                  className="button button-small"
                  data-testid="share-revoke"
                  onClick={() => follow(revokeFilmLink(archiveId, link.id))}
                >
                  {t.revoke}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  );
}
