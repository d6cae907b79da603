// The way to share a film from a list.
import { lazy, useState } from "react";
import type { Archive } from "../api/types";
import { dateText } from "../room/archives";
import { texts } from "../texts";
import { Icon } from "./Icon";
import { Later } from "./Later";

const ShareDialog = lazy(() => import("./ShareDialog"));

/** Nothing for who may not share it, and while there is no film. */
export function CardShare({ film, title }: { film: Archive; title: string }) {
  const [open, setOpen] = useState(false);
  if (!film.mayShare || !film.url) return null;
  return (
    <>
      <button
        type="button"
        className="round card-share"
        aria-haspopup="dialog"
        aria-label={texts.recordings.share(`${title}, ${dateText(film.createdAt)}`)}
        title={texts.end.share}
        data-testid="card-share"
        onClick={() => setOpen(true)}
      >
        <Icon name="link" size={18} />
      </button>
      <Later>{open && <ShareDialog archiveId={film.id} onClose={() => setOpen(false)} />}</Later>
    </>
  );
}
