// What is asked of Reelroom: to exchange a token; and of the engine: to connect, and for moderators its room service.
import type { RoomConnectOptions } from "livekit-client";
import type { IceConfig } from "./contract/properties";
import { OTError, refusal, type ErrorName } from "./errors";

export interface Access {
  url: string;
  accessToken: string;
}

/** Raises OTError for a token that does not open the session. */
export async function exchange(server: string, sessionId: string, token: string): Promise<Access> {
  const answer = await post(`${server}/session/connect`, { sessionId, token }, {}).catch((error: unknown) => {
    throw new OTError("OT_CONNECT_FAILED", `${server} does not answer: ${String(error)}`);
  });
  const body: unknown = await answer.json().catch(() => ({}));
  const said = body as Partial<Access> & { message?: string };
  if (!answer.ok) throw refusal(answer.status, said.message ?? `The server answered ${answer.status}`);
  if (!said.url || !said.accessToken) throw new OTError("OT_CONNECT_FAILED", "The server's answer cannot be understood");
  return { url: said.url, accessToken: said.accessToken };
}

/** How the engine is reached: through servers of the application's own, where it names any. */
export function connectOptions(config: IceConfig | undefined): RoomConnectOptions {
  if (!config) return {};
  const iceServers = config.includeServers === "custom" ? { iceServers: config.customServers } : {};
  return { rtcConfig: { iceTransportPolicy: config.transportPolicy, ...iceServers } };
}

/** Whether an access token lets its bearer administer the room. */
export function mayModerate(accessToken: string): boolean {
  try {
    const payload = (accessToken.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const claims = JSON.parse(atob(payload)) as { video?: { roomAdmin?: boolean } };
    return claims.video?.roomAdmin === true;
  } catch {
    return false;
  }
}

/** A call of the engine's room service. Raises OTError of that name when it is refused. */
export async function moderate(access: Access, method: string, request: object, name: ErrorName): Promise<void> {
  const url = `${access.url.replace(/^ws/, "http")}/twirp/livekit.RoomService/${method}`;
  const answer = await post(url, request, { Authorization: `Bearer ${access.accessToken}` }).catch(() => undefined);
  if (!answer?.ok) throw new OTError(name, answer ? `The media server answered ${answer.status}` : "The media server does not answer");
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<Response> {
  return await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
