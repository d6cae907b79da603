// In which layout another film is made of the same recording.
import { useState } from "react";
import { LAYOUTS, type Layout } from "../api/types";
import { texts } from "../texts";
import { Dialog } from "./Dialog";
import { LayoutDrawing } from "./LayoutDrawing";
import "./RecutDialog.css";

interface RecutDialogProps {
  onCut: (layout: Layout) => void;
  onClose: () => void;
}

export default function RecutDialog({ onCut, onClose }: RecutDialogProps) {
  const t = texts.end;
  const [chosen, setChosen] = useState<Layout>("bestFit");
  return (
    <Dialog title={t.recut} testId="recut-dialog" onClose={onClose}>
      <form
        className="recut"
        onSubmit={(event) => {
          event.preventDefault();
          onCut(chosen);
        }}
      >
        <p>{t.recutMore}</p>
        <fieldset className="recut-layouts">
          <legend className="unseen">{texts.controls.layout}</legend>
          {LAYOUTS.map((layout) => (
            <label key={layout} className="recut-layout">
              <input
                type="radio"
                name="layout"
                value={layout}
                checked={layout === chosen}
                data-testid={`recut-${layout}`}
                onChange={() => setChosen(layout)}
              />
              <LayoutDrawing layout={layout} />
              <span>{texts.layouts[layout]}</span>
            </label>
          ))}
        </fieldset>
        <button type="submit" className="button button-main" data-testid="recut-yes">
          {t.recutYes}
        </button>
      </form>
    </Dialog>
  );
}
