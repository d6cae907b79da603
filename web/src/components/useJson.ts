// What is found at an address, read once, or when it has changed.
import { useEffect, useState } from "react";
import { fetchJson } from "../api/client";

/** Null if there is no address, or nothing to be understood. It is read anew when `version` is another. */
export function useJson<T>(url: string | null | undefined, parse: (found: unknown) => T | null, version = 0): T | null {
  // Signed links differ at each call: the first one stays, until it is to be read anew; by then it may be over.
  const [kept, setKept] = useState({ link: url, version });
  if ((!kept.link && url) || kept.version !== version) setKept({ link: url, version });
  const { link } = kept;
  const [found, setFound] = useState<T | null>(null);
  useEffect(() => {
    if (!link) return;
    const leaving = new AbortController();
    fetchJson(link, leaving.signal).then(
      (answer) => setFound(parse(answer)),
      () => undefined,
    );
    return () => leaving.abort();
  }, [link, parse, kept.version]);
  return found;
}
