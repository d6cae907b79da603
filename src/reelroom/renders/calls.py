"""Renders through the API: what may be shown in which session, and which renders there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from reelroom.config import Settings
from reelroom.errors import BadRequest, Forbidden, NotFound
from reelroom.projects.projects import Project
from reelroom.renders.renders import Renders, RenderWish
from reelroom.sessions.calls import Sessions
from reelroom.store.store import Store
from reelroom.store.values import Render, Room

_RECORDER = "/room/recorder/"


@dataclass(frozen=True)
class RenderRequest:
    """A render as it is asked for; `token` is that of a publisher in the session."""

    session_id: str
    token: str
    url: str
    max_duration: int
    resolution: str
    name: str
    callback_url: str


class SessionRenders:
    """The calls of the API about renders; each raises NotFound for what is not the project's."""

    def __init__(self, settings: Settings, store: Store, sessions: Sessions, renders: Renders) -> None:
        self._settings = settings
        self._store = store
        self._sessions = sessions
        self._renders = renders

    async def start(self, project: Project, ask: RenderRequest) -> Render:
        """Raises BadRequest, also for a token that does not let publish into the session."""
        session = await self._sessions.get(project, ask.session_id)
        if session.media_mode == "relayed":
            raise BadRequest("The session is relayed: only routed sessions take renders")
        try:
            granted = await self._sessions.open(ask.session_id, ask.token)
        except Forbidden as error:
            raise BadRequest(f"token: {error.message}") from None
        if granted.role == "subscriber":
            raise BadRequest("token: its role must be publisher")
        for name, url in (("url", ask.url), ("statusCallbackUrl", ask.callback_url)):
            if url and not _is_web_address(url):
                raise BadRequest(f"{name}: an http or https address")
        return await self._renders.start_into(
            session,
            RenderWish(
                url=ask.url,
                room=await self._room(project, ask.url),
                resolution=ask.resolution,
                max_duration=ask.max_duration,
                name=ask.name,
                callback_url=ask.callback_url,
                connection_data=granted.connection_data,
            ),
        )

    async def _room(self, project: Project, url: str) -> Room | None:
        """The room whose recorder page the URL is: it is cut without a browser, for whoever may come in."""
        path = urlsplit(url).path
        own = any(url.startswith(base + _RECORDER) for base in (self._settings.base_url, self._settings.own_url))
        if not own or "/" in path.removeprefix(_RECORDER):
            return None
        if not project.own and self._settings.auth != "open":
            raise BadRequest("url: this room is not the project's to show")
        room = await self._store.rooms.get(unquote(path.removeprefix(_RECORDER)))
        if room is None:
            raise BadRequest("url: nobody has been in this room yet")
        return room

    async def get(self, project: Project, render_id: str) -> Render:
        """Raises NotFound."""
        render = await self._store.renders.get(render_id)
        session = await self._store.sessions.get(render.session_id) if render else None
        if render is None or session is None or session.project != project.key:
            raise NotFound(f"There is no render {render_id[:100]}")
        return render

    async def all(self, project: Project, offset: int, count: int) -> tuple[int, Sequence[Render]]:
        """How many there are, and some of them, newest first."""
        return await self._store.renders.of_project(project.key, offset, count)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
