// What is behind oneself, and whether the noise around is heard.
import { useRef, useState } from "react";
import { BACKGROUNDS, keepOwnBackground, ownBackground, type Background } from "../room/backgrounds";
import { canDenoise } from "../room/filters";
import { canReplace } from "../room/rawTracks";
import { texts } from "../texts";
import { Switch } from "./Switch";

interface FilterChoiceProps {
  background: Background;
  denoises: boolean;
  onBackground: (background: Background) => void;
  onDenoise: (on: boolean) => void;
}

export default function FilterChoice({ background, denoises, onBackground, onDenoise }: FilterChoiceProps) {
  const t = texts.filters;
  const file = useRef<HTMLInputElement>(null);
  const [broken, setBroken] = useState(false);
  const take = (chosen: File | undefined) => {
    if (!chosen) return;
    keepOwnBackground(chosen).then(
      () => {
        setBroken(false);
        onBackground("own");
      },
      () => setBroken(true),
    );
  };
  const choose = (wanted: Background) => {
    if (wanted === "own" && ownBackground() === null) file.current?.click();
    else onBackground(wanted);
  };
  return (
    <>
      {canReplace() && (
        <>
          <label className="field">
            <span>{t.background}</span>
            <select value={background} data-testid="background" onChange={({ target }) => choose(target.value as Background)}>
              {BACKGROUNDS.map((each) => (
                <option key={each} value={each}>
                  {t.names[each]}
                </option>
              ))}
            </select>
          </label>
          {background === "own" && (
            <button type="button" className="button" data-testid="background-file" onClick={() => file.current?.click()}>
              {t.choose}
            </button>
          )}
          <input ref={file} type="file" accept="image/*" hidden data-testid="background-picture" aria-label={t.choose} onChange={({ target }) => take(target.files?.[0])} />
          {background === "own" && <p className="hint">{t.stays}</p>}
          {broken && (
            <p className="field-problem" role="alert">
              {t.noPicture}
            </p>
          )}
        </>
      )}
      {canDenoise() && (
        <Switch on={denoises} testId="denoise" onChange={onDenoise}>
          {t.denoise}
        </Switch>
      )}
    </>
  );
}
