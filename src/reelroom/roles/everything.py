"""All parts of a running server, wired; started in order, ended in reverse, and what was interrupted resumed."""

import asyncio
import time
from pathlib import Path

import structlog

from reelroom.archives.calls import SessionArchives
from reelroom.archives.changes import ArchiveCallbacks, ArchiveChanges
from reelroom.archives.library import Archives
from reelroom.archives.limits import Limits
from reelroom.archives.retention import Retention
from reelroom.broadcasts.calls import SessionBroadcasts
from reelroom.config import Settings
from reelroom.engine.livekit import Engine
from reelroom.engine.local import LocalEngine
from reelroom.files.films import Storage
from reelroom.files.rotation import Rotation, logs_of
from reelroom.keys import Keys
from reelroom.processes.machine import Machine
from reelroom.projects.callbacks import Callbacks
from reelroom.projects.delivery import Delivering
from reelroom.projects.projects import Projects
from reelroom.recorder.holding import SessionTakes
from reelroom.recorder.taps import Taps
from reelroom.renders.calls import SessionRenders
from reelroom.renders.renders import Renders
from reelroom.roles.node import node_name
from reelroom.roles.secrets import own_keys
from reelroom.rooms.monitoring import Monitoring
from reelroom.rooms.use_cases import Rooms
from reelroom.sessions.calls import Sessions
from reelroom.store.schema import database_url
from reelroom.store.states import RECORDING, UNFINISHED
from reelroom.store.store import Store
from reelroom.store.values import KeptTake
from reelroom.takes.folder import EventLog

_log = structlog.get_logger()

_STOPPED = "the server was stopped"


class Server:
    """`start` and `stop` are called within one event loop; the database must have been migrated.

    An `engine` that is handed over is somebody else's to start and to end.
    """

    def __init__(
        self,
        settings: Settings,
        engine_binary: Path,
        tap_binary: Path,
        *,
        engine: Engine | None = None,
        taps: Taps | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.settings = settings
        self.keys: Keys = own_keys(settings.data_dir, settings.database_url)
        self.store = Store(database_url(settings.data_dir, settings.database_url))
        self.storage = Storage(settings.data_dir.resolve() / "archives")
        self.engine = engine or Engine(settings, self.keys)
        self.local_engine = None if engine else LocalEngine(settings, self.keys, engine_binary, self.engine)
        self.machine = machine or Machine()
        self.taps = taps or Taps(settings, self.engine, tap_binary, self.machine)
        self.projects = Projects(self.store, self.keys)
        self.callbacks = Callbacks(self.store)
        self.delivering = Delivering(
            self.store, self.keys, self.projects, node_name(settings), self.callbacks.written
        )
        changes = ArchiveChanges(self.store, ArchiveCallbacks(settings, self.keys, self.projects, self.callbacks))
        self.archives = Archives(settings, self.store, self.storage, int(self.keys.api_key), changes, self.machine)
        self.session_takes = SessionTakes(self.store, self.taps)
        self.renders = Renders(self.settings, self.store, self.engine, self.session_takes, self.callbacks)
        self.sessions = Sessions(self.store, self.engine, self.projects)
        self.session_archives = SessionArchives(
            self.store, self.engine, self.session_takes, self.archives, self.sessions
        )
        self.session_broadcasts = SessionBroadcasts(
            settings, self.store, self.engine, self.session_takes, self.sessions
        )
        self.session_renders = SessionRenders(self.settings, self.store, self.sessions, self.renders)
        self.monitoring = Monitoring(
            self.store, self.engine, self.callbacks, self.session_archives, self.session_takes
        )
        self.monitoring.audience_listeners.append(self.renders.look)
        self.rooms = Rooms(
            self.settings, self.keys, self.store, self.engine, self.renders, self.archives, self.sessions
        )
        self.limits = Limits(settings, self.store, self.archives.folder, self.rooms.end_archive, changes.move)
        self.retention = Retention(settings, self.store, self.archives)
        self.rotation = Rotation(lambda: logs_of(settings.data_dir))

    async def start(self) -> None:
        """Raises EngineError when the engine does not start."""
        await self.projects.ensure_own_project()
        self.machine.start()
        if self.local_engine is not None:
            await self.local_engine.start()
        await self._resume()
        await self.monitoring.catch_up()
        self.delivering.start()
        self.limits.start()
        self.retention.start()
        self.rotation.start()

    async def _resume(self) -> None:
        """Take up what an earlier server left: fresh recordings go on, others end with what there is."""
        await self.session_broadcasts.end_interrupted()
        for render in await self.store.renders.running():
            known = render.take_id is not None
            if known and await asyncio.to_thread(self._last_sign, render.take_id or "") > self._fresh():
                await self.renders.resume(render)
            else:
                await self.renders.end_interrupted(render)
        await asyncio.gather(*(self._resume_take(take) for take in await self.store.takes.running()))
        for archive in await self.store.archives.in_states(*RECORDING):
            take = await self.store.takes.get(archive.take_id)
            if take is None or take.stopped_at is not None:
                end = max(archive.start_us, await asyncio.to_thread(self._last_sign, archive.take_id))
                await self.archives.stop(archive.id, "the server was restarted", end)
        for archive in await self.store.archives.in_states(*UNFINISHED):
            self.archives.resume(archive)
        await self.archives.retry_failed()

    async def _resume_take(self, take: KeptTake) -> None:
        fresh = await asyncio.to_thread(self._last_sign, take.id) > self._fresh()
        await self.session_takes.resume(take, fresh=fresh)

    def _fresh(self) -> int:
        return time.time_ns() // 1000 - self.settings.orphan_seconds * 1_000_000

    def _last_sign(self, take_id: str) -> int:
        """When (µs) a take's events end; 0 when it has none."""
        events = EventLog(self.taps.folder(take_id) / "events.jsonl").poll()
        return max((event.at for event in events), default=0)

    async def stop(self) -> None:
        """End recordings (their films are finished now if there is time, else at the next start), then all parts."""
        await self._look_no_more()
        for archive in await self.store.archives.in_states(*RECORDING):
            await self.archives.stop(archive.id, _STOPPED)
        await self.session_broadcasts.close(_STOPPED)
        await self.monitoring.close()
        await self.renders.close(_STOPPED)
        await self.session_archives.close()
        await self.taps.stop_all()
        await self.archives.close()
        await self.delivering.close()
        if self.local_engine is not None:
            await self.local_engine.stop()
        await self.store.close()

    async def leave(self) -> None:
        """Leave meetings and their recordings to the next server: the engine and the taps go on, all else ends."""
        await self._look_no_more()
        await self.session_broadcasts.close(_STOPPED)
        await self.monitoring.close()
        await self.renders.leave(_STOPPED)
        await self.session_archives.close()
        await self.taps.leave_all()
        await self.archives.close()
        await self.delivering.close()
        if self.local_engine is not None:
            await self.local_engine.leave()
        await self.store.close()

    async def _look_no_more(self) -> None:
        await self.limits.close()
        await self.retention.close()
        await self.rotation.close()
        await self.machine.close()
