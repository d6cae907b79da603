// What this browser remembers between visits: the name and the devices of the person in front of it.

export interface Choices {
  camera: boolean;
  microphone: boolean;
  cameraId: string | null;
  microphoneId: string | null;
}

const NAME = "reelroom.name";
const CHOICES = "reelroom.choices";
const everything: Choices = { camera: true, microphone: true, cameraId: null, microphoneId: null };

/** Storage may be forbidden; then nothing is remembered and nothing breaks. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // See read.
  }
}

export function rememberedName(): string {
  return read(NAME) ?? "";
}

export function rememberName(name: string): void {
  write(NAME, name);
}

export function rememberedChoices(): Choices {
  try {
    const found = JSON.parse(read(CHOICES) ?? "{}") as Partial<Choices> | null;
    return { ...everything, ...found };
  } catch {
    return everything;
  }
}

export function rememberChoices(choices: Choices): void {
  write(CHOICES, JSON.stringify(choices));
}
