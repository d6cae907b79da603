// What may be behind a person: blurred, a picture that the page brings, or one of their own.
import evening from "../backgrounds/evening.svg";
import meadow from "../backgrounds/meadow.svg";
import study from "../backgrounds/study.svg";
import { recall, remember } from "./memory";

export const BACKGROUNDS = ["none", "blur", "study", "evening", "meadow", "own"] as const;
export type Background = (typeof BACKGROUNDS)[number];

const OWN = "reelroom.background";
/** Of a camera's picture: more nobody sees, and this is kept in the browser. */
const LARGEST = { width: 1280, height: 720 };
const QUALITY = 0.85;

/** The picture of their own, where there is one; it never leaves the browser. */
export const ownBackground = (): string | null => recall(OWN);

/** Keeps a picture of theirs; rejects for what is no picture. */
export async function keepOwnBackground(file: Blob): Promise<void> {
  const picture = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  const { width, height } = fitted(picture);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
  picture.close();
  remember(OWN, canvas.toDataURL("image/jpeg", QUALITY));
}

/** As large as it needs to be to fill a camera's picture, and never larger than it is. */
export function fitted({ width, height }: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, Math.max(LARGEST.width / width, LARGEST.height / height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

const brought: Partial<Record<Background, string>> = { study, evening, meadow };

/** The picture of a background that is one; null where it is blurred. */
export async function pictureOf(background: Background): Promise<HTMLImageElement | null> {
  const source = background === "own" ? ownBackground() : brought[background];
  if (!source) return null; // without a picture of their own it is blurred, not shown
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}
