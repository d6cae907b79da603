// Live captions of this client's: whether they are made of what it says, and which it reads.
import { warnOnce } from "./noops";
import { askForCaptions, type Access } from "./server";

/** The topic under which the server sends captions; nobody else can send as it does, from nobody in the session. */
export const CAPTIONS_TOPIC = "captions";

export interface Caption {
  /** The microphone's. */
  trackId: string;
  text: string;
  final: boolean;
}

/** What the server sends; undefined for what cannot be understood. */
export function captionOf(payload: string): Caption | undefined {
  try {
    const { trackId, text, final } = JSON.parse(payload) as Record<string, unknown>;
    return typeof trackId === "string" && typeof text === "string" && typeof final === "boolean" ? { trackId, text, final } : undefined;
  } catch {
    return undefined;
  }
}

type Asked = "wanted" | "published";

export class Captions {
  private said: Record<Asked, boolean> = { wanted: false, published: false };
  private asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessionId: string,
    private readonly access: Access,
    private readonly wish: Record<Asked, () => boolean>,
  ) {}

  /** Says to the server what is wanted now, where it is news, one after the other. Raises OTError when it is refused. */
  tell(what: Asked): Promise<void> {
    const asked = this.asking
      .catch(() => undefined)
      .then(async () => {
        const yes = this.wish[what]();
        if (this.said[what] === yes) return;
        await askForCaptions(this.access, this.sessionId, { [what]: yes });
        this.said[what] = yes;
      });
    this.asking = asked;
    return asked;
  }

  /** The same where nobody waits for an answer. */
  quietly(what: Asked): void {
    this.tell(what).catch((error: unknown) => warnOnce(`captions: ${String(error)}`));
  }

  /** Says all of it once more: whoever joins again is somebody new to the server. */
  again(): void {
    this.said = { wanted: false, published: false };
    for (const what of ["wanted", "published"] as const) this.quietly(what);
  }
}
