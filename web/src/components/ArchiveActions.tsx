// What can be done with a film: download it, share it, cut it again, rename it, delete it and think better of it.
import { lazy, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { messageOf, recutArchive, renameArchive, transcribeArchive } from "../api/client";
import type { Archive } from "../api/types";
import { dateText } from "../room/archives";
import { texts } from "../texts";
import { Icon } from "./Icon";
import { Later } from "./Later";
import { useDeletion } from "./useDeletion";
import type { Player } from "./useFilm";

const RenameDialog = lazy(() => import("./RenameDialog"));
const ShareDialog = lazy(() => import("./ShareDialog"));

interface ArchiveActionsProps {
  archive: Archive;
  link: string | undefined;
  /** That of the film's link, where that is what lets somebody in. */
  secret?: string;
  /** Where the film plays: what is shared may begin at its moment. */
  player?: Player;
  onChanged: () => void;
  /** Opens what it is cut with; elsewhere, that is on the film's own page. */
  onCut?: () => void;
}

export function ArchiveActions({ archive, link, secret, player, onChanged, onCut }: ArchiveActionsProps) {
  const t = texts.end;
  const { id, name, status, tracksUrl, mayEdit, mayShare } = archive;
  const [said, setSaid] = useState("");
  const [dialog, setDialog] = useState<"rename" | "share" | null>(null);
  const deletion = useDeletion(id, secret, status === "deleted", onChanged, setSaid);
  const over = status === "available" || status === "uploaded" || status === "failed";
  const close = () => setDialog(null);
  const undo = useRef<HTMLButtonElement>(null);
  // The button that was pressed is gone: the keyboard goes on at what takes it back.
  useEffect(() => {
    if (deletion.deleted && status !== "deleted") undo.current?.focus();
  }, [deletion.deleted, status]);

  const change = (done: Promise<unknown>, told: string) => {
    close();
    done.then(
      () => {
        setSaid(told);
        onChanged();
      },
      (error: unknown) => setSaid(messageOf(error)),
    );
  };

  if (deletion.deleted) {
    return (
      <div className="archive-actions" role="status" data-testid="deleted">
        <span>{archive.restorableUntil ? t.removedUntil(dateText(archive.restorableUntil)) : t.removed}</span>
        <button ref={undo} type="button" className="button button-small" data-testid="undo" onClick={deletion.undo}>
          {t.undo}
        </button>
        {said && <p>{said}</p>}
      </div>
    );
  }
  return (
    <div className="archive-actions">
      {link && (
        <a className="button button-small button-main" href={link} download data-testid="download">
          <Icon name="download" size={18} />
          {t.download}
        </a>
      )}
      {mayShare && link && (
        <button type="button" className="button button-small" aria-haspopup="dialog" data-testid="share" onClick={() => setDialog("share")}>
          <Icon name="link" size={18} />
          {t.share}
        </button>
      )}
      {mayEdit && status === "failed" && (
        <button type="button" className="button button-small" data-testid="again" onClick={() => change(recutArchive(id, {}, secret), t.againDone)}>
          <Icon name="film" size={18} />
          {t.again}
        </button>
      )}
      {tracksUrl && (
        <a className="button button-small" href={tracksUrl} title={t.tracksMore} data-testid="tracks">
          {t.tracks}
        </a>
      )}
      {mayEdit &&
        link &&
        tracksUrl &&
        (onCut ? (
          <button type="button" className="button button-small" data-testid="recut" onClick={onCut}>
            <Icon name="cut" size={18} />
            {texts.cutting.open}
          </button>
        ) : (
          <Link className="button button-small" to={`/film/${id}?cut${secret ? `#${secret}` : ""}`} data-testid="recut">
            <Icon name="cut" size={18} />
            {texts.cutting.open}
          </Link>
        ))}
      {mayEdit && link && tracksUrl && (!archive.transcript || archive.transcript.status === "failed") && (
        <button type="button" className="button button-small" title={t.transcribeMore} data-testid="transcribe" onClick={() => change(transcribeArchive(id, secret), "")}>
          <Icon name="words" size={18} />
          {t.transcribe}
        </button>
      )}
      {mayEdit && over && (
        <>
          <button
            type="button"
            className="round"
            aria-haspopup="dialog"
            aria-label={t.rename}
            title={t.rename}
            data-testid="rename"
            onClick={() => setDialog("rename")}
          >
            <Icon name="pen" size={20} />
          </button>
          <button type="button" className="round" aria-label={t.remove} title={t.remove} data-testid="delete" onClick={deletion.remove}>
            <Icon name="remove" size={20} />
          </button>
        </>
      )}
      {said && <p role="status">{said}</p>}
      <Later>
        {dialog === "rename" && <RenameDialog name={name} onNamed={(chosen) => change(renameArchive(id, chosen, secret), "")} onClose={close} />}
        {dialog === "share" && <ShareDialog archiveId={id} {...(player && { player })} onClose={close} />}
      </Later>
    </div>
  );
}
