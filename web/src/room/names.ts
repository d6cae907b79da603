// Names of people and rooms: initials, colours, and which room names can be used.
import { texts } from "../texts";

export const LONGEST_ROOM_NAME = 128;

/** What is wrong with a room name, in words; null if it is fine. */
export function roomNameProblem(name: string): string | null {
  if (name.trim() === "") return texts.form.roomMissing;
  if (name.length > LONGEST_ROOM_NAME) return texts.form.roomLong;
  if (/\p{Cc}/u.test(name)) return texts.form.roomControl;
  // A browser resolves these two in an address before it sends them.
  if (name === "." || name === "..") return texts.form.roomDots;
  return null;
}

/** One or two letters that stand for a name where there is no picture. */
export function initials(name: string): string {
  const all = name.trim().split(/\s+/u).filter(Boolean);
  // Not those in brackets, as long as there are others.
  const named = all.filter((word) => !/^\p{P}/u.test(word));
  const words = named.length > 0 ? named : all;
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => String.fromCodePoint(word?.codePointAt(0) ?? 0x20).trim());
  return letters.join("").toLocaleUpperCase() || "?";
}

/** A hue (degrees) that stays the same for one person. */
export function hueOf(identity: string): number {
  let hash = 7;
  for (const letter of identity) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return hash;
}

/**
 * As films have it: letters of the first and the last word that begin with a letter or a digit, one alone where
 * letters have no capitals; or else the first emoji.
 */
export function filmInitials(name: string): string {
  const letters = (text: string) => Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  const words = name.split(/\s+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const [first = "", ...others] = words.map((word) => letters(word)[0] ?? "");
  const last = first.toLowerCase() === first.toUpperCase() ? "" : (others.at(-1) ?? "");
  return (first + last).toUpperCase() || (letters(name).find((letter) => /\p{Extended_Pictographic}/u.test(letter)) ?? "");
}

/** The hue (degrees) of a name in films; browsers count hashes on secure origins only. */
export async function filmHue(name: string): Promise<number> {
  const subtle = (crypto as Partial<Crypto>).subtle;
  if (!subtle) return hueOf(name);
  const hash = await subtle.digest("SHA-256", new TextEncoder().encode(name));
  return ((new Uint8Array(hash)[0] ?? 0) * 360) / 256;
}
