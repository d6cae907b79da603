// The clipboard, which is missing on insecure origins.

/** Fails where there is none, or it is refused. */
export function copyText(text: string): Promise<void> {
  return (navigator.clipboard as Clipboard | undefined)?.writeText(text) ?? Promise.reject(new Error());
}
