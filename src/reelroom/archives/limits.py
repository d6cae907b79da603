"""What ends a recording that nobody ends, or pauses it: its length, an empty room, a disk that fills up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from reelroom.clock import now_us
from reelroom.config import Settings
from reelroom.files.space import free_mb
from reelroom.processes.looks import Looks
from reelroom.store.node import Node
from reelroom.store.states import RECORDING
from reelroom.store.store import Store
from reelroom.store.values import Archive
from reelroom.takes.folder import EventLog
from reelroom.takes.stage import Stage

_log = structlog.get_logger()

TOO_LONG = "maximum duration exceeded"
IDLE = "maximum idle time exceeded"
ENDED = "session ended"  # all have left
FULL = "the disk is nearly full"
_MICROSECONDS = 1_000_000
_EVERY = 1.0  # seconds between two looks
_PAUSED_AFTER = 5 * _MICROSECONDS  # without a publisher: a tap that died is back before


@dataclass
class Idleness:
    """Since when (µs) nobody has published, and since when everybody has been gone, as a take's events tell."""

    begin: int
    nobody_publishes: int | None = None
    all_left: int | None = None
    _stage: Stage = field(default_factory=Stage)

    def __post_init__(self) -> None:
        self.nobody_publishes = self.all_left = self.begin

    def follow(self, log: EventLog, now: int) -> None:
        """Take note of what has happened up to `now`."""
        somebody = bool(self._stage.present)
        for event in log.poll():
            self._stage.apply(event)
            somebody = self._note(event.at, somebody)
        self._stage.pass_time(now)
        self._note(now, somebody)

    def _note(self, at: int, somebody: bool) -> bool:
        if self._stage.tracks:
            self.nobody_publishes = None
        elif self.nobody_publishes is None:
            self.nobody_publishes = max(at, self.begin)
        if self._stage.present:
            self.all_left = None
            return True
        if somebody and self.all_left is None:
            self.all_left = max(at, self.begin)
        return False


def why_to_stop(settings: Settings, start: int, idleness: Idleness, now: int) -> str:
    """The reason for which an archive that began at `start` must end `now` (µs); "" when it may go on."""
    if now - start >= settings.longest_seconds * _MICROSECONDS:
        return TOO_LONG
    since = idleness.all_left
    if since is not None and now - since >= settings.empty_seconds * _MICROSECONDS:
        return ENDED
    since = idleness.nobody_publishes
    if since is not None and now - since >= settings.idle_seconds * _MICROSECONDS:
        return IDLE
    return ""


def is_paused(idleness: Idleness, now: int) -> bool:
    """Whether an archive's status is `paused` at `now` (µs), as OpenTok calls it when nobody publishes."""
    return idleness.nobody_publishes is not None and now - idleness.nobody_publishes >= _PAUSED_AFTER


class Limits:
    """Looks after the archives whose takes are recorded here, wherever their films are made.

    Those of renders are never paused: at OpenTok's, where the render publishes, they never are.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        node: Node,
        folder: Callable[[str], Path],
        stop: Callable[[Archive, str], Awaitable[None]],
        move: Callable[[str, str], Awaitable[bool]],
    ) -> None:
        self._settings = settings
        self._store = store
        self._node = node
        self._folder = folder
        self._stop = stop
        self._move = move
        self._known: dict[str, tuple[Idleness, EventLog]] = {}
        self._looks = Looks(self._look, _EVERY, "limits could not be checked", at_once=False)

    def start(self) -> None:
        """Begin to look."""
        self._looks.start("limits")

    async def _look(self) -> None:
        recording = await self._store.archives.in_states(*RECORDING)
        archives = [archive for archive in recording if self._node.holds("take", archive.take_id)]
        ids = {archive.id for archive in archives}
        self._known = {known: state for known, state in self._known.items() if known in ids}
        nearly_full = bool(archives) and free_mb(self._settings.data_dir) < self._settings.min_free_mb / 5
        now = now_us()
        for archive in archives:
            if archive.id not in self._known:
                events = EventLog(self._folder(archive.take_id) / "events.jsonl")
                self._known[archive.id] = Idleness(archive.start_us), events
            idleness, log = self._known[archive.id]
            await asyncio.to_thread(idleness.follow, log, now)
            reason = FULL if nearly_full else why_to_stop(self._settings, archive.start_us, idleness, now)
            if reason:
                await self._stop(archive, reason)
            elif archive.render_id is None:
                status = "paused" if is_paused(idleness, now) else "started"
                if status != archive.status:
                    await self._move(archive.id, status)

    async def close(self) -> None:
        """Look no more."""
        await self._looks.close()
