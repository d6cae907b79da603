// What is asked of Reelroom: to exchange a token, and what moderators may do; and of the engine: to connect.
import type { RoomConnectOptions } from "livekit-client";
import type { IceConfig } from "./contract/properties";
import { OTError, refusal, type ErrorName } from "./errors";

export interface Access {
  url: string;
  accessToken: string;
  role: string;
  /** What moderators ask, and with which token. */
  server: string;
  token: string;
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
  return { url: said.url, accessToken: said.accessToken, role: said.role ?? "", server, token };
}

/** How the engine is reached: through servers of the application's own, where it names any. */
export function connectOptions(config: IceConfig | undefined): RoomConnectOptions {
  if (!config) return {};
  const iceServers = config.includeServers === "custom" ? { iceServers: config.customServers } : {};
  return { rtcConfig: { iceTransportPolicy: config.transportPolicy, ...iceServers } };
}

export type Order = "disconnect" | "mute" | "mute-all" | "unpublish";

/** What a moderator may do to others in the session. Raises OTError of that name when it is refused. */
export async function moderate(access: Access, what: Order, request: object, name: ErrorName): Promise<void> {
  const answer = await post(`${access.server}/session/moderate/${what}`, { token: access.token, ...request }, {}).catch(() => undefined);
  if (!answer?.ok) throw new OTError(name, answer ? `The server answered ${answer.status}` : "The server does not answer");
}

/** What this client says of captions. Raises OTError when it is refused. */
export async function askForCaptions(access: Access, sessionId: string, asked: { wanted?: boolean; published?: boolean }): Promise<void> {
  const request = { sessionId, accessToken: access.accessToken, ...asked };
  const answer = await post(`${access.server}/session/captions`, request, {}).catch((error: unknown) => {
    throw new OTError("OT_NOT_CONNECTED", `${access.server} does not answer: ${String(error)}`);
  });
  if (answer.ok) return;
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new OTError("OT_NOT_SUPPORTED", message ?? `The server answered ${answer.status}`);
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<Response> {
  return await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
