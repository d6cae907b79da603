// In the place of a film that there is not, or not yet.
import type { Archive } from "../api/types";
import { percentText } from "../room/archives";
import { texts } from "../texts";
import { Icon } from "./Icon";
import "./ArchiveCard.css";

export function NoFilm({ archive: { status, progress } }: { archive: Archive }) {
  const t = texts.end;
  const running = status === "started" || status === "paused";
  const making = typeof progress === "number" && status !== "failed" && !running;
  return (
    <div className="archive-film archive-empty">
      <Icon name="film" size={34} />
      <p>{status === "failed" || status === "deleted" ? t.noFilm : running ? t.live : t.preparing}</p>
      {making && (
        <p className="archive-progress" data-testid="progress">
          <progress value={progress} max={1} aria-label={t.progress} />
          {percentText(progress)}
        </p>
      )}
    </div>
  );
}
