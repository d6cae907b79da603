// Text that is taken along: by the clipboard, which is missing on insecure origins, or as a file.

/** Fails where there is none, or it is refused. */
export function copyText(text: string): Promise<void> {
  return (navigator.clipboard as Clipboard | undefined)?.writeText(text) ?? Promise.reject(new Error());
}

/** Saved where the browser puts what is downloaded. */
export function saveText(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}
