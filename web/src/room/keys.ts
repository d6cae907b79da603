// Which key does what in a call: pure.

export const SHORTCUTS = ["m", "v", "s", "h", "c", "p", "g", "r", "f", "t", "?"] as const;
export type Shortcut = (typeof SHORTCUTS)[number];

export interface Key {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
}

const isShortcut = (key: string): key is Shortcut => (SHORTCUTS as readonly string[]).includes(key);

/** The shortcut that was pressed; null for keys that belong to the browser, or to the field that has the focus. */
export function shortcutOf({ key, ctrlKey, altKey, metaKey, repeat }: Key, focus: Focus): Shortcut | null {
  if (ctrlKey || altKey || metaKey || repeat || focus === "text") return null;
  const wanted = key.toLowerCase();
  return isShortcut(wanted) ? wanted : null;
}

/** What the keyboard is in: a field takes letters, a button takes the space bar. */
export type Focus = "nothing" | "button" | "text";

export function focusOf(element: { tagName: string; isContentEditable?: boolean } | null): Focus {
  if (!element) return "nothing";
  if (element.isContentEditable === true || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName)) return "text";
  return ["BUTTON", "A", "VIDEO", "SUMMARY"].includes(element.tagName) ? "button" : "nothing";
}
