// In which language the page speaks.
import { useState } from "react";
import { chooseLanguage, language, LANGUAGES, texts, type Language } from "../texts";
import { useObservable } from "./hooks";

export function LanguageChoice() {
  const chosen = useObservable(language);
  const [failed, setFailed] = useState(false);
  const choose = (wanted: Language) => {
    setFailed(false);
    chooseLanguage(wanted).catch(() => setFailed(true));
  };
  return (
    <label className="language">
      <span className="unseen">{texts.language}</span>
      {failed && <span role="alert">{texts.errors.network}</span>}
      <select value={chosen} data-testid="language" onChange={(event) => choose(event.target.value as Language)}>
        {Object.entries(LANGUAGES).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
