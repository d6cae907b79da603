// What can be done with a film: download it, cut it again, delete it and think better of it.
import { useEffect, useState } from "react";
import { deleteArchive, messageOf, recutArchive } from "../api/client";
import { LAYOUTS, type Archive, type Layout } from "../api/types";
import { texts } from "../texts";
import { Icon } from "./Icon";

interface ArchiveActionsProps {
  archive: Archive;
  link: string | undefined;
  onChanged: () => void;
}

/** How long a deletion can be taken back. */
export const UNDO_MS = 7000;

export function ArchiveActions({ archive, link, onChanged }: ArchiveActionsProps) {
  const t = texts.end;
  const { id, name, status, tracksUrl } = archive;
  const [said, setSaid] = useState("");
  const [deleting, setDeleting] = useState(false);
  const over = status === "available" || status === "uploaded" || status === "failed";

  useEffect(() => {
    if (!deleting) return;
    const act = () => {
      deleteArchive(id).then(onChanged, (error: unknown) => {
        setDeleting(false);
        setSaid(messageOf(error));
      });
    };
    const timer = setTimeout(act, UNDO_MS);
    return () => clearTimeout(timer);
  }, [deleting, id, onChanged]);

  const recut = (layout: Layout) => {
    recutArchive(id, layout).then(
      () => {
        setSaid(t.recutStarted);
        onChanged();
      },
      (error: unknown) => setSaid(messageOf(error)),
    );
  };

  if (deleting) {
    return (
      <div className="archive-actions" role="status" data-testid="deleting">
        <span>{t.removing}</span>
        <button type="button" className="button button-small" autoFocus data-testid="undo" onClick={() => setDeleting(false)}>
          {t.undo}
        </button>
      </div>
    );
  }
  return (
    <div className="archive-actions">
      {link && (
        <a className="button button-small" href={link} download={`${name || id}.mp4`}>
          <Icon name="download" size={18} />
          {t.download}
        </a>
      )}
      {tracksUrl && (
        <a className="button button-small" href={tracksUrl}>
          {t.tracks}
        </a>
      )}
      {link && tracksUrl && (
        <label className="archive-recut">
          <span className="unseen">{t.recutAs}</span>
          <select value="" data-testid="recut" onChange={(event) => recut(event.target.value as Layout)}>
            <option value="" disabled>
              {t.recut}
            </option>
            {LAYOUTS.map((layout) => (
              <option key={layout} value={layout}>
                {texts.layouts[layout]}
              </option>
            ))}
          </select>
        </label>
      )}
      {over && (
        <button type="button" className="round" aria-label={t.remove} title={t.remove} data-testid="delete" onClick={() => setDeleting(true)}>
          <Icon name="remove" size={20} />
        </button>
      )}
      {said && <p role="status">{said}</p>}
    </div>
  );
}
