// A text at an address, read once it is wanted.
import { useEffect, useState } from "react";

/** Null until it is there, and where there is none. */
export function useText(url: string | null | undefined, wanted: boolean): string | null {
  // Signed links differ at each call: the first one stays.
  const [link, setLink] = useState(url);
  if (!link && url) setLink(url);
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    if (!link || !wanted) return;
    const leaving = new AbortController();
    fetch(link, { signal: leaving.signal })
      .then((answer) => (answer.ok ? answer.text() : null))
      .then(setText, () => undefined);
    return () => leaving.abort();
  }, [link, wanted]);
  return text;
}
