// The calls this page makes to the server it came from.
import { inOwnWords } from "../refusals";
import { texts } from "../texts";
import type { AdminState, CorrectionRequest, RecutPreview, RecutRequest } from "./schema";
import type {
  Archive,
  ChatLine,
  Connection,
  DoorNow,
  DoorWish,
  FilmLink,
  FoundFilm,
  Grants,
  Invitation,
  Layout,
  NewFilmLink,
  NewInvitation,
  Reach,
  Render,
  Role,
  RoomNow,
  SeenFilm,
  Session,
} from "./types";

/** What went wrong, in words that can be shown as they are. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Server clock minus this machine's clock, in ms, as the last answer told it. */
let clockOffset = 0;

/** The time on the server's clock, so that a wrong clock here does not show in "Recording 0:12". */
export function serverNow(): number {
  return Date.now() + clockOffset;
}

export function messageOf(error: unknown): string {
  return error instanceof Error && error.message ? error.message : String(error);
}

async function call(path: string, init: RequestInit = {}): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(path, { cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(texts.errors.network, 0);
  }
  // The header has whole seconds: only a clock that is clearly wrong gets corrected.
  const told = Date.parse(answer.headers.get("date") ?? "");
  if (!Number.isNaN(told)) {
    const offset = told + 500 - Date.now();
    clockOffset = Math.abs(offset) > 2000 ? offset : 0;
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return body;
  const message = (body as { message?: unknown } | null | undefined)?.message;
  throw new ApiError(
    typeof message === "string" && message ? await inOwnWords(message) : texts.errors.unreadable(answer.status),
    answer.status,
  );
}

function post(path: string, body: object, signal?: AbortSignal): Promise<unknown> {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

function get(path: string, signal?: AbortSignal): Promise<unknown> {
  return call(path, signal ? { signal } : {});
}

/** The answer if it is an object with these fields as texts; an error otherwise. */
function expectTexts<T>(answer: unknown, ...fields: (keyof T & string)[]): T {
  const found = answer as Record<string, unknown> | null | undefined;
  if (typeof found !== "object" || found === null || fields.some((field) => typeof found[field] !== "string")) {
    throw new ApiError(texts.errors.unreadable(200), 200);
  }
  return found as T;
}

export async function openSession(roomName: string, signal?: AbortSignal): Promise<Session> {
  const answer = await get(`/session/${encodeURIComponent(roomName)}`, signal);
  return expectTexts<Session>(answer, "sessionId", "token");
}

/** What else lets somebody in: a recorder's `grant`; at a closed door a `knock`, or the access token of `before`. */
export interface Entering {
  grant?: string | null;
  knock?: string;
  before?: string | null;
}

/** The status of a refusal at a closed door. */
export const LOCKED = 423;

export async function connectSession(session: Session, name: string, by: Entering, signal?: AbortSignal): Promise<Connection> {
  const { sessionId, token } = session;
  const { grant, knock, before } = by;
  const more = { ...(grant && { grant }), ...(knock && { knock }), ...(before && { before }) };
  const answer = await post("/session/connect", { sessionId, token, name, ...more }, signal);
  return expectTexts<Connection>(answer, "url", "accessToken", "role");
}

export interface Knock {
  knock: string;
  answer: "open" | "waiting" | "locked" | "admitted" | "denied";
}

/** Knocks at the room's door, or says that one still waits. */
export async function knockAt(session: Session, name: string, knock: string, signal?: AbortSignal): Promise<Knock> {
  const { sessionId, token } = session;
  return expectTexts<Knock>(await post("/session/knock", { sessionId, token, name, knock }, signal), "knock", "answer");
}

export async function moderate(what: "disconnect" | "mute" | "promote" | "end", session: Session, about: object): Promise<void> {
  const { sessionId, token } = session;
  await post(`/session/moderate/${what}`, { sessionId, token, ...about });
}

/** How the door stands, and whether recordings are written down; with `wish`, after that was set. */
export async function doorOf(session: Session, wish: DoorWish = {}): Promise<DoorNow> {
  const { sessionId, token } = session;
  return expectTexts<DoorNow>(await post("/session/moderate/door", { sessionId, token, ...wish }), "door");
}

/** Lets somebody in who waits, or turns them away. */
export async function admit(session: Session, knock: string, admits: boolean): Promise<DoorNow> {
  const { sessionId, token } = session;
  return expectTexts<DoorNow>(await post("/session/moderate/admit", { sessionId, token, knock, admits }), "door");
}

/** The token of a moderator, for somebody who was made one. */
export async function claimPromotion(sessionId: string, accessToken: string): Promise<Session> {
  return expectTexts<Session>(await post("/session/promoted", { sessionId, accessToken }), "sessionId", "token");
}

/** Whether this person agrees to be recorded. */
export async function answerConsent(sessionId: string, accessToken: string, agrees: boolean): Promise<void> {
  await post("/session/consent", { sessionId, accessToken, agrees });
}

/** Whether this person reads live captions; in a room they begin with who wants them first. */
export async function wantCaptions(sessionId: string, accessToken: string, wanted: boolean): Promise<void> {
  await post("/session/captions", { sessionId, accessToken, wanted });
}

/** So long a message waits for the server to have kept it. */
const KEEP_MS = 2000;

/** Keeps a line of the chat for who comes later. */
export async function keepLine(sessionId: string, accessToken: string, line: { id: string; text: string; replyTo: string }): Promise<void> {
  await post("/session/chat", { sessionId, accessToken, ...line }, AbortSignal.timeout(KEEP_MS));
}

/** What was written before one came; null where the session is no room's. */
export async function chatHistory(sessionId: string, accessToken: string, signal?: AbortSignal): Promise<ChatLine[] | null> {
  try {
    const answer = (await post("/session/chat/history", { sessionId, accessToken }, signal)) as { lines?: unknown } | null;
    return Array.isArray(answer?.lines) ? (answer.lines as ChatLine[]) : null;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Who receives what is sent in a room, before one comes in. */
export async function lookAtRoom(roomName: string, signal?: AbortSignal): Promise<RoomNow> {
  const answer = await get(`/rooms/${encodeURIComponent(roomName)}`, signal);
  if (typeof (answer as Partial<RoomNow> | null)?.people !== "number") throw new ApiError(texts.errors.unreadable(200), 200);
  return answer as RoomNow;
}

/** A new invitation into a room, for so many seconds, and for so many to its films; its address is told this once. */
export async function invite(roomName: string, role: Role, expiresIn: number, filmsExpireIn: number): Promise<NewInvitation> {
  const answer = await post(`/invitations/${encodeURIComponent(roomName)}`, { role, expiresIn, filmsExpireIn });
  return expectTexts<NewInvitation>(answer, "id", "url");
}

/** Those into a room that open anything, newest first. */
export async function listInvitations(roomName: string): Promise<Invitation[]> {
  const answer = await get(`/invitations/${encodeURIComponent(roomName)}`);
  if (!Array.isArray(answer)) throw new ApiError(texts.errors.unreadable(200), 200);
  return answer.map((item) => expectTexts<Invitation>(item, "id", "role"));
}

/** Whoever came by it leaves. */
export async function revokeInvitation(id: string): Promise<void> {
  await call(`/invitations/${encodeURIComponent(id)}`, { method: "DELETE" });
}

/** Starts a recording of the room, or answers with the one that is running; `layout` is a wish. */
export async function startRender(roomName: string, layout?: Layout): Promise<Render> {
  return expectTexts<Render>(await post("/render", { roomName, ...(layout && { layout }) }), "id", "sessionId");
}

export async function stopRender(renderId: string): Promise<void> {
  await get(`/render/stop/${encodeURIComponent(renderId)}`);
}

/** Ends the archive, and the render it belongs to. */
export async function stopArchive(archiveId: string): Promise<void> {
  await get(`/archive/stop/${encodeURIComponent(archiveId)}`);
}

/** The recordings of a room's session or of a rendered session, newest first. */
export async function listArchives(sessionId: string, signal?: AbortSignal): Promise<Archive[]> {
  const answer = await get(`/archive/${encodeURIComponent(sessionId)}`, signal);
  if (!Array.isArray(answer)) throw new ApiError(texts.errors.unreadable(200), 200);
  return answer.map((item) => expectTexts<Archive>(item, "id", "status"));
}

export const SORTS = ["newest", "oldest", "longest", "title"] as const;
export type Sort = (typeof SORTS)[number];

/**
 * Which films are asked for: those of sessions, and of a room by its name; in which all that is sought is found, and
 * somebody called `person` is; `bin`: those that can be restored.
 */
export interface Wanted {
  sessions: readonly string[];
  room: string;
  sought: string;
  person: string;
  sort: Sort;
  bin: boolean;
}

/** So many films from the `offset`-th on, and how many there are. */
export async function findFilms(wanted: Wanted, offset: number, count: number, signal?: AbortSignal): Promise<{ count: number; items: FoundFilm[] }> {
  const query = new URLSearchParams(wanted.sessions.map((id) => ["session", id]));
  for (const [name, value] of Object.entries({ room: wanted.room, q: wanted.sought, person: wanted.person })) if (value) query.set(name, value);
  query.set("sort", wanted.sort);
  query.set("offset", String(offset));
  query.set("count", String(count));
  if (wanted.bin) query.set("deleted", "true");
  const answer = (await get(`/archives?${query.toString()}`, signal)) as { count?: unknown; items?: unknown } | null;
  if (typeof answer?.count !== "number" || !Array.isArray(answer.items)) throw new ApiError(texts.errors.unreadable(200), 200);
  return { count: answer.count, items: answer.items as FoundFilm[] };
}

/** What a link in an archive leads to. */
export function fetchJson(url: string, signal?: AbortSignal): Promise<unknown> {
  return get(url, signal);
}

/** Those in the bin that whoever asks may restore, newest first. */
export async function listDeleted(sessionId: string, signal?: AbortSignal): Promise<Archive[]> {
  const answer = await get(`/archive/${encodeURIComponent(sessionId)}?deleted=true`, signal);
  if (!Array.isArray(answer)) throw new ApiError(texts.errors.unreadable(200), 200);
  return answer.map((item) => expectTexts<Archive>(item, "id", "status"));
}

// What is done to one film. `secret` is that of the film's link, where that is what lets somebody in.

function onFilm(archiveId: string, method: string, what = "", body?: object, secret?: string): Promise<unknown> {
  return call(`/archive/${encodeURIComponent(archiveId)}${what}`, {
    method,
    headers: { ...(body && { "content-type": "application/json" }), ...(secret && { "x-film-link": secret }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Into the bin. */
export async function deleteArchive(archiveId: string, secret?: string): Promise<void> {
  await onFilm(archiveId, "DELETE", "", undefined, secret);
}

/** Out of the bin again. */
export async function restoreArchive(archiveId: string, secret?: string): Promise<void> {
  await onFilm(archiveId, "POST", "/restore", undefined, secret);
}

export async function renameArchive(archiveId: string, name: string, secret?: string): Promise<void> {
  await onFilm(archiveId, "PATCH", "", { name }, secret);
}

/** Makes another film of the same take, and answers with it. */
export async function recutArchive(archiveId: string, order: RecutRequest, secret?: string): Promise<Archive> {
  return expectTexts<Archive>(await onFilm(archiveId, "POST", "/recut", order, secret), "id", "status");
}

/** What a film would keep that is cut by its words, or rid of silences; nothing is made. */
export async function previewRecut(archiveId: string, order: RecutRequest, secret?: string): Promise<RecutPreview> {
  const answer = (await onFilm(archiveId, "POST", "/recut/preview", order, secret)) as Partial<RecutPreview> | null;
  if (!Array.isArray(answer?.ranges)) throw new ApiError(texts.errors.unreadable(200), 200);
  return answer as RecutPreview;
}

/** One film with fresh links, and the room it is of. */
export async function lookAtFilm(archiveId: string, secret?: string, signal?: AbortSignal): Promise<SeenFilm> {
  const headers = secret ? { "x-film-link": secret } : undefined;
  const answer = await call(`/archive/${encodeURIComponent(archiveId)}/film`, { ...(headers && { headers }), ...(signal && { signal }) });
  const { film, room } = (answer ?? {}) as Partial<SeenFilm>;
  return { film: expectTexts<Archive>(film, "id", "status"), room: room ?? null };
}

/** How much was recorded before a film begins, and after it ends (s). */
export async function reachOf(archiveId: string, secret?: string): Promise<Reach> {
  const answer = (await onFilm(archiveId, "GET", "/reach", undefined, secret)) as Partial<Reach> | null;
  if (typeof answer?.before !== "number" || typeof answer.after !== "number") throw new ApiError(texts.errors.unreadable(200), 200);
  return { before: answer.before, after: answer.after };
}

/** A new link to a film; its address is told this once. */
export async function shareArchive(archiveId: string, grants: Grants, expiresIn: number): Promise<NewFilmLink> {
  return expectTexts<NewFilmLink>(await onFilm(archiveId, "POST", "/link", { grants, expiresIn }), "id", "url");
}

export async function listFilmLinks(archiveId: string): Promise<FilmLink[]> {
  const answer = await onFilm(archiveId, "GET", "/link");
  if (!Array.isArray(answer)) throw new ApiError(texts.errors.unreadable(200), 200);
  return answer.map((item) => expectTexts<FilmLink>(item, "id", "grants"));
}

export async function revokeFilmLink(archiveId: string, linkId: string): Promise<void> {
  await onFilm(archiveId, "DELETE", `/link/${encodeURIComponent(linkId)}`);
}

/** The films that a link opens, newest first. */
export async function listShared(secret: string, signal?: AbortSignal): Promise<Archive[]> {
  const answer = await call("/shared", { headers: { "x-film-link": secret }, ...(signal && { signal }) });
  const { films } = (answer ?? {}) as { films?: unknown };
  if (!Array.isArray(films)) throw new ApiError(texts.errors.unreadable(200), 200);
  return films.map((item) => expectTexts<Archive>(item, "id", "status"));
}

/** Says what was said in a line of its transcript, and by whom, where something else was understood. */
export async function correctLine(archiveId: string, line: CorrectionRequest, secret?: string): Promise<void> {
  await onFilm(archiveId, "POST", "/transcript/corrections", line, secret);
}

/** What was understood counts again. */
export async function undoCorrection(archiveId: string, correctionId: string, secret?: string): Promise<void> {
  await onFilm(archiveId, "DELETE", `/transcript/corrections/${encodeURIComponent(correctionId)}`, undefined, secret);
}

/** Has what is said in it written down. */
export async function transcribeArchive(archiveId: string, secret?: string): Promise<void> {
  await onFilm(archiveId, "POST", "/transcript", {}, secret);
}

/** Has its transcript summed up. */
export async function sumUpArchive(archiveId: string, secret?: string): Promise<void> {
  await onFilm(archiveId, "POST", "/summary", {}, secret);
}

export async function readAdminState(token: string, signal?: AbortSignal): Promise<AdminState> {
  const answer = await call("/admin/state", {
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
    ...(signal && { signal }),
  });
  if (!Array.isArray((answer as Partial<AdminState> | null)?.rooms)) throw new ApiError(texts.errors.unreadable(200), 200);
  return answer as AdminState;
}
