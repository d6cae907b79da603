// What a film is to be called.
import { useState } from "react";
import { LONGEST_ROOM_NAME } from "../room/names";
import { texts } from "../texts";
import { Dialog } from "./Dialog";
import "./RenameDialog.css";

interface RenameDialogProps {
  name: string;
  onNamed: (name: string) => void;
  onClose: () => void;
}

export default function RenameDialog({ name, onNamed, onClose }: RenameDialogProps) {
  const t = texts.end;
  const [typed, setTyped] = useState(name);
  return (
    <Dialog title={t.rename} testId="rename-dialog" onClose={onClose}>
      <form
        className="rename"
        onSubmit={(event) => {
          event.preventDefault();
          onNamed(typed.trim());
        }}
      >
        <label className="field">
          <span>{t.filmName}</span>
          <input value={typed} maxLength={LONGEST_ROOM_NAME} data-testid="rename-name" onChange={(event) => setTyped(event.target.value)} />
        </label>
        <button type="submit" className="button button-main" data-testid="rename-yes">
          {t.renameYes}
        </button>
      </form>
    </Dialog>
  );
}
