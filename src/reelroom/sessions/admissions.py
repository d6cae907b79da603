"""Who was let in leaves within seconds once their right has ended: project, secret or invitation."""

import structlog

from reelroom.engine.livekit import Engine, EngineError
from reelroom.processes.looks import Looks
from reelroom.projects.projects import Projects
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Admission

_log = structlog.get_logger()

_EVERY_SECONDS = 2.0
_KEPT_MS = 2 * 24 * 3600 * 1000
_FORGET_EVERY = 600  # looks


class Admissions:
    """Written down before a token of the engine's is handed out; looked through now and then."""

    def __init__(self, store: Store, engine: Engine, projects: Projects) -> None:
        self._store = store
        self._engine = engine
        self._projects = projects
        # Project -> what held at the last look, and at the last two: a token may be read before the first.
        self._last: dict[str, frozenset[str]] = {}
        self._settled: dict[str, frozenset[str]] = {}
        self._count = 0
        self._looks = Looks(self._look, _EVERY_SECONDS, "admissions could not be looked through")

    async def admit(self, admission: Admission) -> None:
        """Somebody is about to be let in."""
        await self._store.add(admission)

    async def turns_away(self, session_id: str, identity: str) -> bool:
        """Somebody has come: whether they may not any more, and were made to leave. Raises EngineError."""
        admission = await self._store.admissions.get(identity)
        if admission is None or admission.ended_at is None:
            return False
        _log.info("turned away", session=session_id, connection=identity)
        await self._engine.remove(session_id, identity)
        return True

    async def end(self, identity: str) -> None:
        """Somebody was made to leave: their token of the engine's lets them in no more."""
        await self._store.admissions.end(identity, now_ms())

    def start(self) -> None:
        """Look from now on."""
        self._looks.start("admissions")

    async def _look(self) -> None:
        self._count += 1
        if self._count % _FORGET_EVERY == 1:
            await self._store.admissions.forget(now_ms() - _KEPT_MS)
        try:
            await self.look()
        except EngineError as error:
            _log.warning("whose right has ended is still there", error=str(error))

    async def look(self) -> None:
        """Whoever is there by a right that has ended leaves. Raises EngineError."""
        for admission in await self._store.admissions.by_revoked():
            await self._disconnect(admission)
        now = now_ms()
        for project in await self._projects.all():
            holding = project.fingerprints(now)
            if self._settled.get(project.key) == holding:
                continue
            for admission in await self._store.admissions.by_other_secrets(project.key, holding):
                await self._disconnect(admission)
            if self._last.get(project.key) == holding:
                self._settled[project.key] = holding
            self._last[project.key] = holding

    async def _disconnect(self, admission: Admission) -> None:
        """First it is written down: who joins at this moment is turned away, too."""
        await self.end(admission.identity)
        try:
            await self._engine.remove(admission.session_id, admission.identity)
        except EngineError:
            await self._store.admissions.reopen(admission.identity)  # so that the next look finds it
            raise
        _log.info("disconnected: the right has ended", session=admission.session_id, connection=admission.identity)

    async def close(self) -> None:
        """Look no more."""
        await self._looks.close()
