"""All parts of a running server, wired; started in order, and ended in reverse."""

import asyncio
import contextlib
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from reelroom.archives.calls import SessionArchives
from reelroom.archives.changes import ArchiveCallbacks, ArchiveChanges
from reelroom.archives.corrections import Corrections
from reelroom.archives.depositing import Depositing
from reelroom.archives.film_files import FilmFiles
from reelroom.archives.finding import Finding
from reelroom.archives.gathering import Gathering
from reelroom.archives.library import Archives
from reelroom.archives.limits import Limits
from reelroom.archives.moving import Moving
from reelroom.archives.piecework import Piecework
from reelroom.archives.retention import Retention
from reelroom.archives.sharing import Sharing
from reelroom.archives.summarising import Summarising
from reelroom.archives.transcribing import Transcribing
from reelroom.archives.uploading import Uploading
from reelroom.broadcasts.answer import BroadcastCallbacks
from reelroom.broadcasts.calls import SessionBroadcasts
from reelroom.captions.calls import SessionCaptions
from reelroom.config import ROLES, Role, Settings, read_roles
from reelroom.connectors.calls import SessionConnectors
from reelroom.engine.elsewhere import EngineElsewhere
from reelroom.engine.livekit import Engine
from reelroom.engine.local import LocalEngine
from reelroom.files.depot import Depot
from reelroom.files.films import Storage
from reelroom.files.rotation import Rotation, logs_of
from reelroom.keys import Keys
from reelroom.processes.machine import Machine
from reelroom.projects.callbacks import Callbacks
from reelroom.projects.delivery import Delivering
from reelroom.projects.projects import Projects
from reelroom.recorder.holding import SessionTakes
from reelroom.recorder.quotas import Quotas
from reelroom.recorder.shipping import Shipping, depot_of
from reelroom.recorder.taps import Taps
from reelroom.recorder.telling import TapsTold
from reelroom.recorder.whereabouts import Whereabouts
from reelroom.renders.calls import SessionRenders
from reelroom.renders.renders import Renders
from reelroom.roles.secrets import own_keys
from reelroom.roles.taking_up import TakingUp
from reelroom.rooms.chat import Chats
from reelroom.rooms.doors import Doors
from reelroom.rooms.expiry import RoomExpiry
from reelroom.rooms.looking import Looking
from reelroom.rooms.monitoring import Monitoring
from reelroom.rooms.use_cases import Rooms
from reelroom.sessions.admissions import Admissions
from reelroom.sessions.calls import Sessions
from reelroom.sessions.moderation import Moderation
from reelroom.store.database import CannotWrite
from reelroom.store.node import Node, node_name
from reelroom.store.nodes import nodes_of, with_role
from reelroom.store.schema import database_url
from reelroom.store.states import RECORDING
from reelroom.store.store import Store
from reelroom.telephones.answering import TelephonesCallingIn
from reelroom.telephones.calls import SessionTelephones

_STOPPED = "the server was stopped"
_GIGABYTE = 10**9
_DRAIN_LOOK = 0.5  # s
_log = structlog.get_logger()
_VERSION = version("reelroom")  # looked up once: it is read from files


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
        sip_binary: Path | None = None,
        engine: Engine | None = None,
        taps: Taps | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.settings = settings
        self.keys: Keys = own_keys(settings.data_dir, settings.database_url)
        self.store = Store(database_url(settings.data_dir, settings.database_url))
        self.node = Node(
            self.store,
            node_name(settings),
            alone=not settings.database_url,
            roles=read_roles(settings.roles),
            lease_ms=settings.lease_seconds * 1000,
        )
        self.node.ask("node", self._say)
        depot, takes = depot_of(settings), settings.data_dir / "takes"
        self.whereabouts = Whereabouts(
            self.store, self.node, takes, Shipping(self.store, self.node, depot, takes) if depot else None
        )
        self.storage = Storage(settings.data_dir.resolve() / "archives")
        self.films = FilmFiles(self.storage, depot)
        self.depositing = Depositing(self.store, self.storage, self.node, depot) if depot else None
        self.engine = engine or Engine(settings, self.keys)
        self._running_engine = self._engine_to_run(engine_binary, known=engine is not None)
        self.machine = machine or Machine()
        self.taps = taps or Taps(settings, self.engine, tap_binary, self.machine)
        self.projects = Projects(self.store, self.keys)
        self.callbacks = Callbacks(self.store)
        self.delivering = Delivering(
            self.store,
            self.keys,
            self.projects,
            self.node.name,
            self.callbacks.written,
            private=settings.private_destinations,
        )
        changes = ArchiveChanges(self.store, ArchiveCallbacks(settings, self.keys, self.projects, self.callbacks))
        self.archives = Archives(
            settings,
            self.store,
            self.storage,
            changes,
            self.machine,
            self.node,
            self.whereabouts,
            Gathering(self.store, self.node, depot) if depot else None,
        )
        self.sharing = Sharing(self.store)
        self.uploading = Uploading(settings, self.store, self.storage, changes, self.node.name)
        self.transcribing = Transcribing(settings, self.store, self.films, self.archives, self.machine, self.node)
        self.summarising = Summarising(settings, self.store, self.films, self.archives, self.machine, self.node)
        self.finding = Finding(self.store, self.films, self.node)
        changes.listeners.append(self.finding.follow)
        self.session_takes = SessionTakes(self.store, self.taps, self.node, self.whereabouts)
        self.taps_told = TapsTold(self.store, self.engine, self.session_takes)
        self.renders = Renders(self.settings, self.store, self.engine, self.session_takes, self.callbacks, self.node)
        self.sessions = Sessions(self.store, self.engine, self.projects)
        self.admissions = Admissions(self.store, self.engine, self.projects)
        self.moderation = Moderation(self.store, self.sessions, self.engine)
        self.doors, self.chats = Doors(self.store, self.engine, self.sessions), Chats(self.store, self.sessions)
        self.session_archives = SessionArchives(
            self.store, self.engine, self.session_takes, self.archives, self.sessions
        )
        self.session_broadcasts = SessionBroadcasts(
            *(settings, self.store, self.engine, self.session_takes, self.sessions, self.node),
            BroadcastCallbacks(settings, self.keys, self.projects, self.callbacks),
        )
        self.session_connectors = SessionConnectors(settings, self.engine, self.sessions, self.node)
        self.session_telephones = SessionTelephones(
            settings, self.store, self.engine, self.sessions, self.callbacks, self.node, sip_binary
        )
        self.telephones_calling_in = TelephonesCallingIn(settings, self.store, self.session_telephones, sip_binary)
        self.session_captions = SessionCaptions(
            *(settings, self.store, self.engine, self.sessions, self.projects, self.callbacks),
            self.machine,
            self.node,
        )
        self.session_renders = SessionRenders(self.settings, self.store, self.sessions, self.renders)
        self.monitoring = Monitoring(
            self.store, self.engine, self.callbacks, self.session_archives, self.session_takes, self.admissions
        )
        self.monitoring.audience_listeners.append(self.renders.look)
        self.monitoring.removal_listeners += [self.session_connectors.remove, self.session_telephones.remove]
        self.quotas = Quotas(settings, self.store)
        self.rooms = Rooms(
            self.settings,
            self.keys,
            self.store,
            self.engine,
            self.renders,
            self.archives,
            self.sessions,
            self.admissions,
            self.quotas,
            self.doors,
        )
        self.looking = Looking(self.store, self.engine)
        self.room_expiry, self.rotation = (
            RoomExpiry(settings, self.store),
            Rotation(lambda: logs_of(settings.data_dir)),
        )
        self.taking_up = TakingUp(
            settings,
            self.store,
            self.node,
            self.session_takes,
            self.renders,
            self.session_broadcasts,
            self.session_telephones,
            self.session_captions,
            self.archives,
        )
        self.limits = Limits(
            settings, self.store, self.node, self.archives.folder, self.rooms.end_archive, changes.move
        )
        self.retention = Retention(settings, self.store, self.archives, self.shipping, self.depositing)
        self._use_depot(depot, changes)

    def _engine_to_run(self, binary: Path, *, known: bool) -> LocalEngine | EngineElsewhere | None:
        if self.settings.engine_at:
            return EngineElsewhere(self.engine, self.settings.engine_at)
        return None if known else LocalEngine(self.settings, self.keys, binary, self.engine)

    def _use_depot(self, depot: Depot | None, changes: ArchiveChanges) -> None:
        folder = self.settings.data_dir / "piecework"
        self.piecework = (
            Piecework(self.store, depot, self.archives, self.machine, self.node, folder) if depot else None
        )
        self.moving: Moving | None = None
        if depot is not None and self.depositing is not None and self.shipping is not None:
            self.moving = Moving(
                *(self.store, self.node, depot, self.storage, self.archives, self.depositing, self.shipping),
                self.transcribing.words.still,
            )
        if self.depositing is not None:
            changes.film_made, changes.words_made = self.depositing.film_made, self.depositing.words_made
            changes.words_corrected, changes.summary_made = (
                self.depositing.words_corrected,
                self.depositing.summary_made,
            )
            changes.listeners.append(self.depositing.follow)
            self.archives.bin.thrown = self.depositing.notice

    @property
    def corrections(self) -> Corrections:
        """Those of transcripts."""
        return Corrections(self.store, self.storage, self.transcribing.words)

    @property
    def shipping(self) -> Shipping | None:
        """What ships the takes of this server, where there is a depot."""
        return self.whereabouts.shipping

    def _say(self, _name: str) -> dict[str, Any]:
        """How this node stands, as other ones and `reelroom nodes` are told."""
        now = self.machine.now()
        disk = shutil.disk_usage(self.settings.data_dir)
        return {
            "version": _VERSION,
            "address": f"{self.settings.host}:{self.settings.port}",
            "cores": now.cores,
            "busy": None if now.busy is None else round(now.busy, 1),
            "roles": sorted(self.node.roles),
            "draining": self.node.draining,
            "diskFree": disk.free // _GIGABYTE * _GIGABYTE,
        }

    async def nodes_with_role(self) -> Mapping[Role, int]:
        """How many servers that share the database live, and take up work of each role."""
        if self.node.alone:
            return {role: int(not self.node.draining) for role in ROLES}
        return with_role(nodes_of(await self.store.leases.of_nodes(), self.node.clock()))

    async def start(self) -> None:
        """Raises EngineError when the engine does not start."""
        await self.projects.ensure_own_project()
        self.machine.start()
        if self._running_engine is not None:
            await self._running_engine.start()
        await self.node.be_known()
        self.node.start()
        if self.shipping is not None:
            await self.shipping.go_on(await self.store.takes.not_shipped(self.node.name))
            self.shipping.start()
        if self.depositing is not None:
            self.depositing.start()
        await self.taking_up.begin()
        await self.monitoring.catch_up()
        self.taking_up.start()
        self.admissions.start()
        if "keep" in self.node.roles:
            self.delivering.start()
            self.room_expiry.start()
        await self.uploading.start()
        if not self.node.why_not("transcript"):
            self.transcribing.start()
            self.summarising.start()
            if self.piecework is not None:
                self.piecework.start()
        self.finding.start()
        self.limits.start()
        self.retention.start()
        if self.moving is not None:
            self.moving.start()
        self.rotation.start()
        if not self.node.why_not("render"):
            self.renders.prepare()
            self.telephones_calling_in.start()

    async def stop(self) -> None:
        """End recordings (their films are finished now if there is time, else at the next start), then all parts."""
        await self._look_no_more()
        for archive in await self.store.archives.in_states(*RECORDING):
            if self.node.holds("take", archive.take_id):
                await self.archives.stop(archive.id, _STOPPED)
        await self.session_broadcasts.close(_STOPPED)
        await self.session_connectors.close()
        await self.session_telephones.close(_STOPPED)
        await self.session_captions.close(_STOPPED)
        await self.monitoring.close()
        await self.renders.close(_STOPPED)
        await self.session_archives.close()
        await self.taps_told.close()
        await self.taps.stop_all()
        if self.shipping is not None:
            await self.shipping.ship_the_rest()
            await self.shipping.close()
        await self.summarising.close()
        await self.transcribing.close()
        await self.archives.close()
        await self.uploading.close()
        await self.delivering.close()
        if self._running_engine is not None:
            await self._running_engine.stop()
        await self.node.close()
        await self.store.close()

    async def drain(self) -> None:
        """Take up nothing more; returns once nothing is left that runs here."""
        self.node.draining = True
        _log.info("draining", holds=sorted(self.node.held_kinds()))
        with contextlib.suppress(CannotWrite):
            await self.node.renew()  # so that others know at once
        while await self._has_work():  # noqa: ASYNC110
            await asyncio.sleep(_DRAIN_LOOK)
        _log.info("drained")

    async def _has_work(self) -> bool:
        """Whether something runs here, or is still to be brought from here to the depot or to a project's bucket."""
        if self.node.held_kinds() or self.archives.made_here() or self.session_connectors.runs:
            return True
        if self.depositing is not None and self.depositing.has_work:
            return True
        if self.shipping is not None and await self.shipping.has_work():
            return True
        return await self.store.uploads.next_time(self.node.name) is not None

    async def leave(self) -> None:
        """Leave meetings and their recordings to the next server: the engine and the taps go on, all else ends.

        Where this server drains and others share its database, they go on at once: the taps end, too.
        """
        hands_on = self.node.draining and not self.node.alone
        await self._look_no_more()
        await self.session_broadcasts.close(_STOPPED)
        await self.session_connectors.close()
        await self.session_telephones.close(_STOPPED)
        await self.session_captions.leave()
        await self.monitoring.close()
        await self.renders.leave(_STOPPED)
        await self.session_archives.close()
        await self.taps_told.close()
        await (self.taps.stop_all() if hands_on else self.taps.leave_all())
        if self.shipping is not None:
            if hands_on:
                await self.shipping.ship_the_rest()
            await self.shipping.close()
        await self.summarising.close()
        await self.transcribing.close()
        await self.archives.close()
        await self.uploading.close()
        await self.delivering.close()
        if self._running_engine is not None:
            await self._running_engine.leave()
        await (self.node.hand_on() if hands_on else self.node.leave())
        await self.store.close()

    async def _look_no_more(self) -> None:
        if self.piecework is not None:
            await self.piecework.close()
        await self.telephones_calling_in.close()
        await self.taking_up.close()
        await self.admissions.close()
        await self.limits.close()
        await self.retention.close()
        await self.room_expiry.close()
        await self.rotation.close()
        await self.finding.close()
        if self.moving is not None:
            await self.moving.close()
        if self.depositing is not None:
            await self.depositing.close()
        await self.machine.close()
