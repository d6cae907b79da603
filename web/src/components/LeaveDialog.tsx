// How somebody who moderates leaves: alone, or with everybody.
import { texts } from "../texts";
import { Dialog } from "./Dialog";

interface LeaveDialogProps {
  onLeave: () => void;
  /** Absent for who may not. */
  onEnd?: (() => void) | undefined;
  onClose: () => void;
}

export default function LeaveDialog({ onLeave, onEnd, onClose }: LeaveDialogProps) {
  const t = texts.leave;
  return (
    <Dialog title={t.title} testId="leave-dialog" onClose={onClose}>
      <p>{t.more}</p>
      <div className="dialog-choices">
        {onEnd && (
          <button type="button" className="button button-bad" data-testid="end-for-all" onClick={onEnd}>
            {t.all}
          </button>
        )}
        <button type="button" className="button button-main" data-testid="leave-alone" autoFocus onClick={onLeave}>
          {t.alone}
        </button>
      </div>
    </Dialog>
  );
}
