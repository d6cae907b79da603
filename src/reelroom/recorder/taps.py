"""The taps: one child process for each running take, restarted until the take is stopped."""

import asyncio
import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from reelroom.config import Settings
from reelroom.engine.livekit import Engine, Grant
from reelroom.errors import OutOfSpace, Overloaded
from reelroom.files.space import can_record
from reelroom.measures import TRACK_NOT_RECORDED
from reelroom.processes import adoption
from reelroom.processes.child import Child, Program
from reelroom.processes.machine import WINDOW, Machine
from reelroom.takes.events import Event, PacketsLost, RoomJoined, TrackNotRecorded
from reelroom.takes.folder import EventLog, Take

_log = structlog.get_logger()

TAP_TOKEN_VARIABLE = "REELROOM_TAP_TOKEN"
_JOIN_SECONDS = 15.0
_TOKEN_LIFE = timedelta(hours=24)
_GRACE = 3.0
_LONGEST_PAUSE = 1.0  # seconds of a meeting that are lost after what hindered a tap is gone
_ORPHANED = "--orphaned"  # no other program that works on a take knows this option


class TapFailed(Exception):
    """A tap did not get into its room; the message says why."""


@dataclass
class _Running:
    take: Take
    child: Child
    running: asyncio.Task[None]
    watching: asyncio.Task[None]
    began: float  # s, monotonic
    joined: bool = False
    lost: int = 0  # packets


@dataclass(frozen=True)
class TapCount:
    """How often the tap of a take was started again, each a gap, and how many packets the take misses."""

    restarts: int
    lost: int


class Taps:
    """Starts and stops taps; `folder(take_id)` is where a take lives."""

    def __init__(self, settings: Settings, engine: Engine, binary: Path, machine: Machine | None = None) -> None:
        self._settings = settings
        self._engine = engine
        self._binary = binary
        self._machine = machine or Machine()
        self._taps: dict[str, _Running] = {}
        self.wanted: Callable[[str], bool] = lambda take_id: True  # whether a take is this server's to write now
        self._admitted: list[float] = []  # when (s, monotonic), as far as that is not long ago

    def folder(self, take_id: str) -> Path:
        """The folder of a take."""
        return self._settings.data_dir / "takes" / take_id

    def _program(self, take: Take) -> Program:
        identity = f"tap-{take.info.id}"
        token = self._engine.access_token(
            take.info.session_id, identity, "", Grant(hidden=True), lifetime=_TOKEN_LIFE
        )
        return Program(
            [
                *(str(self._binary), "--url", self._settings.engine_own_url, "--take", str(take.folder.resolve())),
                *(_ORPHANED, f"{self._settings.orphan_seconds}s"),
            ],
            log=take.folder / "tap.log",
            outlives=True,
            environment={TAP_TOKEN_VARIABLE: token},
        )

    async def admit(self, *, shows_page: bool = False, begins: bool = True) -> None:
        """Whether another recording may begin, as it does now if `begins`: what runs comes first.

        Raises OutOfSpace, Overloaded.
        """
        least = self._settings.min_free_mb
        if why_not := await asyncio.to_thread(can_record, self._settings.data_dir, least):
            raise OutOfSpace(why_not)
        now = time.monotonic()
        began = self._began()
        most = self._settings.most_recordings
        self._admitted = [at for at in self._admitted if at > now - WINDOW]
        lately = sum(1 for at in began if at > now - WINDOW)
        to_come = max(0, len(self._admitted) - lately)
        if most and len(began) + to_come >= most:
            raise Overloaded(f"{most} recordings run on this machine, and more it is not to carry")
        if why_not := self._machine.now().why_no_recording(
            len(began) + to_come, lately + to_come, shows_page=shows_page
        ):
            raise Overloaded(why_not)
        if begins:
            self._admitted.append(now)

    def begins_elsewhere(self) -> None:
        """What was admitted last does not begin here after all."""
        if self._admitted:
            self._admitted.pop()

    def _began(self) -> Sequence[float]:
        """When (s, monotonic) each tap that runs began."""
        return [tap.began for tap in self._taps.values()]

    def joined(self, take_id: str) -> bool:
        """Whether the tap of a take has got into its room."""
        tap = self._taps.get(take_id)
        return tap is not None and tap.joined

    async def start(self, take: Take, on_rejoined: Callable[[], None]) -> None:
        """Start a tap and wait until it is in the room; `on_rejoined` is called when it had to join again.

        A tap that an earlier server left behind gives way to the new one. Raises TapFailed when it cannot join
        in time; it is stopped then.
        """
        await self.end_survivor(take)
        child = Child(
            "tap",
            lambda: self._program(take),
            ids={"take": take.info.id},
            forever=True,
            longest_pause=_LONGEST_PAUSE,
            wanted=lambda: self.wanted(take.info.id),
        )
        joined = asyncio.Event()

        def on_joined() -> None:
            if joined.is_set():
                on_rejoined()
            joined.set()

        def on_lost(packets: int) -> None:
            if (tap := self._taps.get(take.info.id)) is not None:
                tap.lost += packets

        self._taps[take.info.id] = _Running(
            take,
            child,
            asyncio.create_task(child.run(), name=f"tap {take.info.id}"),
            asyncio.create_task(_watch(take, joined, on_joined, on_lost), name=f"tap watch {take.info.id}"),
            time.monotonic(),
        )
        try:
            await asyncio.wait_for(joined.wait(), _JOIN_SECONDS)
            self._taps[take.info.id].joined = True
        except (TimeoutError, KeyError):
            await self.stop(take.info.id)
            raise TapFailed(f"the tap did not get into the room within {_JOIN_SECONDS:.0f} s") from None

    async def end_survivor(self, take: Take) -> None:
        """End the tap that an earlier server left behind in a take, if one did."""
        for survivor in await asyncio.to_thread(surviving_taps, take.folder):
            _log.info("tap of an earlier server ended", take=take.info.id, pid=survivor)
            await adoption.end(survivor, [signal.SIGTERM, signal.SIGKILL], _GRACE)

    async def stop(self, take_id: str) -> None:
        """End a take's tap; returns when its files are complete."""
        if (tap := self._taps.pop(take_id, None)) is not None:
            await tap.child.stop(_GRACE)
            await tap.running
            tap.watching.cancel()

    async def leave_all(self) -> None:
        """Let all taps go on: each ends by itself unless another server relieves it."""
        for tap in self._taps.values():
            tap.child.leave()
            for task in (tap.running, tap.watching):
                task.cancel()
            await asyncio.gather(tap.running, tap.watching, return_exceptions=True)
        self._taps.clear()

    async def stop_all(self) -> None:
        """End all taps."""
        await asyncio.gather(*(self.stop(take_id) for take_id in list(self._taps)))

    def running_takes(self) -> Collection[str]:
        """The ids of the takes whose taps run here."""
        return list(self._taps)

    def counts(self) -> Mapping[str, TapCount]:
        """Of the taps that run, by take."""
        return {take_id: TapCount(tap.child.restarts, tap.lost) for take_id, tap in self._taps.items()}

    def lost(self, take_id: str) -> int:
        """How many packets a take misses, as far as this server has seen it running."""
        tap = self._taps.get(take_id)
        return tap.lost if tap else 0

    def pid(self, take_id: str) -> int | None:
        """The process id of a take's tap, while it runs."""
        tap = self._taps.get(take_id)
        return tap.child.pid if tap else None


def all_surviving_taps(data_dir: Path) -> list[int]:
    """The ids of the taps that write any take of a data directory, whoever started them."""
    takes = (data_dir / "takes").resolve()
    return [pid for pid, folder in adoption.at_work("--take", beside=_ORPHANED) if folder.parent == takes]


def surviving_taps(folder: Path) -> list[int]:
    """The ids of the taps that write the take in this folder, whoever started them."""
    return adoption.find("--take", folder, beside=_ORPHANED)


async def _watch(
    take: Take, joined: asyncio.Event, on_joined: Callable[[], None], on_lost: Callable[[int], None]
) -> None:
    log = EventLog(take.events_path)
    while True:
        for event in _new(log, take):
            if isinstance(event, RoomJoined):
                on_joined()
            elif isinstance(event, PacketsLost):
                on_lost(event.count)
            elif isinstance(event, TrackNotRecorded):
                _tell_not_recorded(take, event)
        await asyncio.sleep(0.5 if joined.is_set() else 0.03)


def _tell_not_recorded(take: Take, event: TrackNotRecorded) -> None:
    TRACK_NOT_RECORDED.labels(event.reason).inc()
    _log.warning(
        "a track is not recorded",
        take=take.info.id,
        participant=event.participant,
        track=event.track,
        kind=event.kind,
        reason=event.reason,
        detail=event.detail,
    )


def _new(log: EventLog, take: Take) -> list[Event]:
    try:
        return log.poll()
    except OSError as error:  # no descriptor is left, perhaps: it can be read later
        _log.warning("the events of a take cannot be read", take=take.info.id, error=str(error))
        return []
