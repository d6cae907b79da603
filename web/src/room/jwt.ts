// Reads what a token says; whether that is true, its server decides.

/** The claims of a JWT; null if it is none. */
export function decodeJwt(token: string): Record<string, unknown> | null {
  const part = token.split(".")[1];
  if (part === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(part.replace(/-/gu, "+").replace(/_/gu, "/")), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** The session that an OpenTok token (`T1==…`) opens; null if it is none. */
export function sessionOf(token: string): string | null {
  if (!token.startsWith("T1==")) return null;
  try {
    const [, fields = ""] = atob(token.slice(4)).split(/:(.*)/su);
    return new URLSearchParams(fields).get("session_id");
  } catch {
    return null;
  }
}
