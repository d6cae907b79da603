"""Streams that are added to what shows a session, or taken away again, one by one."""

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from reelroom.clock import now_us
from reelroom.cutting.choosing import Chosen, choose, with_stream, without_stream
from reelroom.cutting.plan import Plan
from reelroom.errors import BadRequest, NotAllowed
from reelroom.projects.projects import Project
from reelroom.sessions.calls import Sessions


class ShowsSession(Protocol):
    """An archive or a broadcast: with the stream mode `manual` it has the streams that were chosen."""

    @property
    def session_id(self) -> str: ...

    @property
    def stream_mode(self) -> str: ...


_ShownT = TypeVar("_ShownT", bound=ShowsSession)


class ChosenStreams(Generic[_ShownT]):
    """Of one kind of thing, `archive` or `broadcast`, that `get` finds and whose plan `replan` changes."""

    def __init__(
        self,
        kind: str,
        sessions: Sessions,
        get: Callable[[Project, str], Awaitable[_ShownT]],
        replan: Callable[[_ShownT, Callable[[Plan], Plan]], Awaitable[object]],
    ) -> None:
        self._kind = kind
        self._a_kind = f"{'An' if kind[0] in 'aeiou' else 'A'} {kind}"
        self._sessions = sessions
        self._get = get
        self._replan = replan

    async def add(self, project: Project, thing: str, stream_id: str, has_audio: bool, has_video: bool) -> None:
        """From now on it has this stream. Raises NotFound, BadRequest, NotAllowed."""
        shown = await self._manual(project, thing)
        stream = await self._sessions.stream(project, shown.session_id, stream_id)
        one = {"streamId": stream.track, "hasAudio": has_audio, "hasVideo": has_video}
        await self._choose(shown, lambda chosen: with_stream(chosen, one, self._a_kind))

    async def remove(self, project: Project, thing: str, stream_id: str) -> None:
        """From now on it is without this stream. Raises NotFound, NotAllowed."""
        shown = await self._manual(project, thing)
        ids = await self._sessions.ids_of_stream(project, shown.session_id, stream_id)
        await self._choose(shown, lambda chosen: without_stream(chosen, stream_id, ids, f"The {self._kind}"))

    async def _choose(self, shown: _ShownT, change: Callable[[Chosen], Chosen]) -> None:
        at = now_us()
        if not await self._replan(shown, lambda plan: choose(plan, at, change)):
            raise BadRequest(f"The {self._kind} has ended: its streams stay")

    async def _manual(self, project: Project, thing: str) -> _ShownT:
        shown = await self._get(project, thing)
        if shown.stream_mode != "manual":
            raise NotAllowed(f"The {self._kind} chooses its streams by itself (streamMode auto)")
        return shown
