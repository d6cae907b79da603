"""One broadcast that runs: its process, how its outputs stand, and why it ends."""

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from reelroom.archives.limits import FULL, Idleness, why_to_stop
from reelroom.clock import now_us
from reelroom.config import Settings
from reelroom.cutting.plan import Look, Plan, PlanError, read_plan
from reelroom.files.durable import write_durably
from reelroom.files.space import free_mb
from reelroom.layouts.names import Size
from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.processes.crashes import LastEnd
from reelroom.processes.inside import SECRET_VARIABLE
from reelroom.store.values import Broadcast
from reelroom.takes.folder import EventLog

_log = structlog.get_logger()

_MOST_FAILURES = 5
_ENDING_SECONDS = 5.0  # for the last segment, and to say goodbye to RTMP servers
_LOOK_SECONDS = 1.0
_SOUND_BITS = 128_000  # a second, of what maxBitrate allows
# The most bits a second, by the number of pixels of a picture.
_BITS = {640 * 480: 1_500_000, 1280 * 720: 3_000_000, 1920 * 1080: 6_000_000}


def picture_bits(resolution: str, max_bitrate: int | None) -> int:
    """The most bits a second that pictures take, where picture and sound together may have `max_bitrate`."""
    size = Size.parse(resolution)
    usual = _BITS[size.width * size.height]
    return usual if max_bitrate is None else min(usual, max(max_bitrate - _SOUND_BITS, max_bitrate // 2))


def rtmp_url(output: dict[str, Any]) -> str:
    """Where an RTMP output is published."""
    return f"{output['serverUrl'].rstrip('/')}/{output['streamName']}"


class Broadcasting:
    """Sees a broadcast through; `run` returns how it ended."""

    def __init__(
        self,
        broadcast: Broadcast,
        settings: Settings,
        take: Path,
        folder: Path,
        child: Callable[..., Any] = Child,
    ) -> None:
        self.broadcast = broadcast
        self.hls_status = "connecting"
        self.rtmp_statuses: Sequence[str] = ["connecting"] * len(broadcast.rtmp)
        self._settings = settings.model_copy(update={"longest_seconds": broadcast.max_duration})
        self._take = take
        self._folder = folder
        self._stopped = asyncio.Event()
        self._reason = ""
        self._last_end = LastEnd()
        self._child = child(
            "broadcast",
            self._program,
            ids={"broadcast": broadcast.id},
            most_failures=_MOST_FAILURES,
            on_message=self._receive,
            on_restart=self._last_end.was,
        )

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        pid: int | None = self._child.pid
        return pid

    def _program(self) -> Program:
        broadcast = self.broadcast
        self._folder.mkdir(parents=True, exist_ok=True)
        plan = self._folder / "plan.json"
        write_durably(plan, plan_of(broadcast).to_json())
        bits = picture_bits(broadcast.resolution, broadcast.max_bitrate)
        command = [
            sys.executable,
            "-m",
            "reelroom.broadcasts.process",
            "--take",
            str(self._take),
            "--plan",
            str(plan),
        ]
        command += ["--bits-per-second", str(bits)]
        command += ["--note", str(self._take / "films" / f"{broadcast.id}.decoding"), *self._last_end.arguments()]
        if broadcast.hls is not None:
            command += ["--hls", str(hls_folder(self._folder))]
            command += ["--segment", "1" if broadcast.hls.get("lowLatency") else "2"]
            command += ["--dvr"] if broadcast.hls.get("dvr") else []
        if self._settings.private_destinations:
            command.append("--private-addresses")
        urls = json.dumps([rtmp_url(output) for output in broadcast.rtmp])
        log = self._settings.data_dir / "logs" / "broadcasts.log"
        return Program(command, log=log, environment={SECRET_VARIABLE: urls}, fenced=self._settings.data_dir)

    def _receive(self, message: Message) -> None:
        output, status = str(message.get("output")), str(message.get("status"))
        _log.info("broadcast output", broadcast=self.broadcast.id, output=output, status=status)
        if output == "hls":
            self.hls_status = status
        else:
            number = int(output)
            self.rtmp_statuses = [status if at == number else each for at, each in enumerate(self.rtmp_statuses)]

    def look(self, broadcast: Broadcast) -> None:
        """It is shown in another way from now on."""
        self.broadcast = broadcast
        self._child.tell(_look(broadcast))

    def stop(self, reason: str) -> None:
        """End it, for this reason."""
        if not self._stopped.is_set():
            self._reason = reason
            self._stopped.set()

    async def run(self) -> tuple[str, str]:
        """Returns `stopped` or `failed`, and why."""
        try:
            plan_of(self.broadcast)
        except PlanError as error:
            return "failed", str(error)
        child = asyncio.create_task(self._child.run(), name=f"broadcast {self.broadcast.id}")
        watching = asyncio.create_task(self._until_over(), name=f"broadcast watch {self.broadcast.id}")
        try:
            await asyncio.wait((child, watching), return_when=asyncio.FIRST_COMPLETED)
            if not watching.done():
                await child
                return "failed", "internal error: the broadcast ended by itself"
            return "stopped", watching.result()
        except GaveUp as error:
            return "failed", f"broadcasting failed: {error}"
        finally:
            watching.cancel()
            await self._end(child)

    async def _end(self, child: asyncio.Task[None]) -> None:
        """Let the process finish what it sends; it is not started again."""
        self._child.tell(_look(self.broadcast, end=now_us()))
        await asyncio.wait((child,), timeout=_ENDING_SECONDS)
        await self._child.stop(1.0)
        await asyncio.gather(child, return_exceptions=True)

    async def _until_over(self) -> str:
        """Returns why it is over."""
        start = now_us()
        idleness, log = Idleness(start), EventLog(self._take / "events.jsonl")
        while not self._stopped.is_set():
            try:
                if reason := await asyncio.to_thread(self._why_to_stop, start, idleness, log):
                    return reason
            except (OSError, RuntimeError) as error:  # no descriptor or thread is left: it is looked at again
                _log.warning("a broadcast cannot be looked at", broadcast=self.broadcast.id, error=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _LOOK_SECONDS)
        return self._reason

    def _why_to_stop(self, start: int, idleness: Idleness, log: EventLog) -> str:
        now = now_us()
        idleness.follow(log, now)
        if free_mb(self._settings.data_dir) < self._settings.min_free_mb / 5:
            return FULL
        return why_to_stop(self._settings, start, idleness, now)

    def remove(self) -> None:
        """Remove its files. Blocking."""
        shutil.rmtree(self._folder, ignore_errors=True)


def plan_of(broadcast: Broadcast) -> Plan:
    """How it is shown. Raises PlanError."""
    return read_plan(
        broadcast.plan, broadcast.resolution, has_audio=broadcast.has_audio, has_video=broadcast.has_video
    )


def _look(broadcast: Broadcast, end: int | None = None) -> Message:
    """What its process is told of a broadcast."""
    return Look(plan=plan_of(broadcast), end=end).model_dump(mode="json", by_alias=True, exclude_none=True)


def hls_folder(folder: Path) -> Path:
    """Where a broadcast's playlist and segments are, in the broadcast's folder."""
    return folder / "hls"
