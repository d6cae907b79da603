"""All parts of a running server, wired; started in order, ended in reverse, and what was interrupted resumed."""

import asyncio
from pathlib import Path

import structlog

from reelroom.archives import Archives
from reelroom.callbacks import Callbacks
from reelroom.config import Settings
from reelroom.engine import Engine
from reelroom.keys import Keys, load_keys
from reelroom.monitoring import Monitoring
from reelroom.projects import Projects
from reelroom.renders import Renders
from reelroom.rooms import Rooms
from reelroom.session_archives import SessionArchives
from reelroom.session_renders import SessionRenders
from reelroom.sessions import Sessions
from reelroom.storage import Storage
from reelroom.store import Archive, Store, database_url
from reelroom.take import EventLog
from reelroom.taps import Taps

_log = structlog.get_logger()


class Server:
    """`start` and `stop` are called within one event loop; the database must have been migrated."""

    def __init__(self, settings: Settings, engine_binary: Path, tap_binary: Path) -> None:
        self.settings = settings
        self.keys: Keys = load_keys(settings.data_dir)
        self.store = Store(database_url(settings.data_dir))
        self.storage = Storage(settings.data_dir.resolve() / "archives")
        self.engine = Engine(settings, self.keys, engine_binary)
        self.taps = Taps(settings, self.engine, tap_binary)
        self.archives = Archives(settings, self.store, self.storage)
        self.projects = Projects(self.store, self.keys)
        self.callbacks = Callbacks(self.store, self.keys, self.projects)
        self.renders = Renders(self.settings, self.store, self.engine, self.taps, self.callbacks)
        self.sessions = Sessions(self.store, self.engine, self.projects)
        self.session_archives = SessionArchives(self.store, self.engine, self.taps, self.archives, self.sessions)
        self.session_renders = SessionRenders(self.settings, self.store, self.sessions, self.renders)
        self.monitoring = Monitoring(self.store, self.engine, self.callbacks, self.session_archives)
        self.rooms = Rooms(
            self.settings, self.keys, self.store, self.engine, self.renders, self.archives, self.sessions
        )

    async def start(self) -> None:
        """Raises EngineError when the engine does not start."""
        await self.projects.note_own()
        await self.engine.start()
        await self._resume()
        self.callbacks.start()

    async def _resume(self) -> None:
        """Finish what an earlier server could not: end its recordings, then make their films."""
        for render in await self.store.renders_in("starting", "started"):
            await self.renders.stop(render.id, "the server was restarted")
            await self.renders.call_back(render, "stopped", render.stream_id or "", "the server was restarted")
        for take in await self.store.running_takes():
            await self.store.stop_take(take.id)
        for archive in await self.store.archives_in("started", "paused"):
            end = await asyncio.to_thread(self._last_sign, archive)
            await self.archives.stop(archive.id, "the server was restarted", end)
        for archive in await self.store.archives_in("stopped", "uploaded"):
            self.archives.resume(archive)

    def _last_sign(self, archive: Archive) -> int:
        """When (µs) a take's events end, but not before the archive began."""
        events = EventLog(self.taps.folder(archive.take_id) / "events.jsonl").poll()
        return max([archive.start_us, *(event.at for event in events)])

    async def stop(self) -> None:
        """End recordings (their films are finished now if there is time, else at the next start), then all parts."""
        for archive in await self.store.archives_in("started", "paused"):
            await self.archives.stop(archive.id, "the server was stopped")
        await self.monitoring.close()
        await self.renders.close("the server was stopped")
        await self.taps.stop_all()
        await self.archives.close()
        await self.callbacks.close()
        await self.engine.stop()
        await self.store.close()
