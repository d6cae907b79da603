// What can be done with a film: download it, cut it again, delete it and think better of it.
import { lazy, useState } from "react";
import { recutArchive, messageOf } from "../api/client";
import type { Archive, Layout } from "../api/types";
import { texts } from "../texts";
import { Icon } from "./Icon";
import { Later } from "./Later";
import { useDeletion } from "./useDeletion";

const RecutDialog = lazy(() => import("./RecutDialog"));

interface ArchiveActionsProps {
  archive: Archive;
  link: string | undefined;
  onChanged: () => void;
}

export function ArchiveActions({ archive, link, onChanged }: ArchiveActionsProps) {
  const t = texts.end;
  const { id, name, status, tracksUrl, mayEdit } = archive;
  const [said, setSaid] = useState("");
  const [choosing, setChoosing] = useState(false);
  const deletion = useDeletion(id, onChanged, setSaid);
  const over = status === "available" || status === "uploaded" || status === "failed";

  const recut = (layout: Layout) => {
    setChoosing(false);
    recutArchive(id, layout).then(
      () => {
        setSaid(t.recutStarted);
        onChanged();
      },
      (error: unknown) => setSaid(messageOf(error)),
    );
  };

  if (deletion.pending) {
    return (
      <div className="archive-actions" role="status" data-testid="deleting">
        <span>{t.removing}</span>
        <button type="button" className="button button-small" autoFocus data-testid="undo" onClick={deletion.undo}>
          {t.undo}
        </button>
      </div>
    );
  }
  return (
    <div className="archive-actions">
      {link && (
        <a className="button button-small button-main" href={link} download={`${name || id}.mp4`}>
          <Icon name="download" size={18} />
          {t.download}
        </a>
      )}
      {tracksUrl && (
        <a className="button button-small" href={tracksUrl} title={t.tracksMore} data-testid="tracks">
          {t.tracks}
        </a>
      )}
      {mayEdit && link && tracksUrl && (
        <button type="button" className="button button-small" aria-haspopup="dialog" data-testid="recut" onClick={() => setChoosing(true)}>
          <Icon name="cut" size={18} />
          {t.recut}
        </button>
      )}
      {mayEdit && over && (
        <button type="button" className="round" aria-label={t.remove} title={t.remove} data-testid="delete" onClick={deletion.begin}>
          <Icon name="remove" size={20} />
        </button>
      )}
      {said && <p role="status">{said}</p>}
      <Later>{choosing && <RecutDialog onCut={recut} onClose={() => setChoosing(false)} />}</Later>
    </div>
  );
}
