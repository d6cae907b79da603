// What the server's calls take and answer.

export type ArchiveStatus = "started" | "stopped" | "uploaded" | "available" | "failed";

export interface Session {
  sessionId: string;
  token: string;
  apiKey: string;
}

/** Where the media server is, and the right to enter one room of it. */
export interface Connection {
  url: string;
  accessToken: string;
}

export interface Render {
  id: string;
  /** The session into which the render publishes; its archives are listed under this id. */
  sessionId: string;
  createdAt: number;
  status: string;
}

export interface Archive {
  id: string;
  status: ArchiveStatus;
  name: string | null;
  /** Why it failed or ended, in words for people. */
  reason: string | null;
  sessionId: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Bytes. */
  size: number;
  /** Seconds. */
  duration: number;
  resolution: string | null;
  /** A signed link to the film, new at each call; null until there is one. */
  url: string | null;
}
