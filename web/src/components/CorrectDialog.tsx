// A line of a transcript is corrected: what was said in it, and by whom; or it is again as it was heard.
import { useState } from "react";
import { correctLine, messageOf, undoCorrection } from "../api/client";
import { LONGEST_ROOM_NAME } from "../room/names";
import type { Passage } from "../room/transcript";
import { texts } from "../texts";
import { Dialog } from "./Dialog";
import "./RenameDialog.css";

interface CorrectDialogProps {
  archiveId: string;
  secret?: string | undefined;
  passage: Passage;
  /** Who is heard in the film. */
  names: readonly string[];
  onCorrected: () => void;
  onClose: () => void;
}

export default function CorrectDialog({ archiveId, secret, passage, names, onCorrected, onClose }: CorrectDialogProps) {
  const t = texts.end;
  const [name, setName] = useState(passage.name);
  const [text, setText] = useState(passage.text);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const { corrected } = passage;
  const send = (done: Promise<void>) => {
    setBusy(true);
    done.then(onCorrected, (error: unknown) => {
      setProblem(messageOf(error));
      setBusy(false);
    });
  };
  return (
    <Dialog title={t.correct} testId="correct-dialog" onClose={onClose}>
      <form
        className="rename"
        onSubmit={(event) => {
          event.preventDefault();
          const { participant, from } = passage;
          send(correctLine(archiveId, { participant, from, text, ...(name.trim() && { name: name.trim() }) }, secret));
        }}
      >
        <label className="field">
          <span>{t.correctWho}</span>
          <input value={name} maxLength={LONGEST_ROOM_NAME} list="heard-names" data-testid="correct-name" onChange={({ target }) => setName(target.value)} />
          <datalist id="heard-names">
            {names.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </label>
        <label className="field">
          <span>{t.correctWords}</span>
          <textarea
            rows={5}
            required
            lang={passage.language || undefined}
            value={text}
            data-testid="correct-text"
            onChange={({ target }) => setText(target.value)}
          />
        </label>
        {corrected && (
          <p className="correct-heard" data-testid="correct-heard">
            {t.correctHeard} <q lang={passage.language || undefined} dir="auto">{`${texts.named(corrected.name)}: ${corrected.text}`}</q>
          </p>
        )}
        {problem && <p role="alert">{problem}</p>}
        <div className="correct-buttons">
          {corrected && (
            <button type="button" className="button" disabled={busy} data-testid="correct-undo" onClick={() => send(undoCorrection(archiveId, corrected.id, secret))}>
              {t.correctUndo}
            </button>
          )}
          <button type="submit" className="button button-main" disabled={busy || !text.trim()} data-testid="correct-yes">
            {t.correctYes}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
