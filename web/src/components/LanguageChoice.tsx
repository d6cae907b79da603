// In which language the page speaks.
import { chooseLanguage, language, LANGUAGES, texts, type Language } from "../texts";
import { useObservable } from "./hooks";

export function LanguageChoice() {
  const chosen = useObservable(language);
  return (
    <label className="language">
      <span className="unseen">{texts.language}</span>
      <select value={chosen} data-testid="language" onChange={(event) => chooseLanguage(event.target.value as Language)}>
        {Object.entries(LANGUAGES).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
