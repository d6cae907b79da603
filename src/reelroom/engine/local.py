"""The engine as a child process on this machine: configured, adopted, watched, and replaced when it hangs."""

import asyncio
import contextlib
import ipaddress
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from reelroom.config import DISCOVER, Settings
from reelroom.engine.livekit import Engine, EngineError
from reelroom.engine.turn import turn_config
from reelroom.files.durable import write_durably
from reelroom.keys import Keys
from reelroom.processes import adoption
from reelroom.processes.child import Child, Program

_log = structlog.get_logger()

_START_SECONDS = 20.0
_EVERY = 1.0  # seconds between two looks at whether it answers
_HANGS_AFTER = 15.0  # seconds without an answer: everybody in a room has been thrown out by then
_LONGEST_PAUSE = 1.0
# What an engine that is adopted may have had otherwise: how it behaves, not who reaches it or what it trusts.
_MAY_DIFFER = {"room", "audio", "logging"}
# What a take can hold, so that nobody is heard or seen in the room who is missing in its films; the tap takes RED's
# sound as plain Opus. LiveKit's own list has PCMU, PCMA and H.265, too. Whoever offers those offers one of these as
# well: Opus is in every WebRTC endpoint (RFC 7874), VP8 and H.264 in every one with pictures (RFC 7742).
RECORDED_CODECS = ("audio/opus", "audio/red", "video/VP8", "video/H264", "video/VP9", "video/AV1", "video/rtx")


def engine_config(settings: Settings, keys: Keys, servers: Sequence[str] = ()) -> dict[str, Any]:
    """LiveKit's configuration (JSON is YAML): this server's keys and ports, loopback only unless told otherwise.

    `servers` are the addresses of those that it tells what happens; without any, this one.
    `rtc.tcp_port` listens on every interface whatever `bind_addresses` says, so it is off unless it is asked for.
    """
    rtc: dict[str, Any] = {
        "udp_port": settings.rtc_port,
        "tcp_port": settings.rtc_tcp_port,
        "use_external_ip": settings.media_address == DISCOVER,
    }
    if settings.media_address not in {"", DISCOVER}:
        rtc["node_ip"] = settings.media_address  # offered in place of each that is found
    if settings.loopback:
        if settings.engine_listens_on == ["127.0.0.1"]:
            rtc.setdefault("node_ip", "127.0.0.1")
        rtc["enable_loopback_candidate"] = True
    if media_on := _media_on(settings):
        rtc["ips"] = {
            "includes": [f"{address}/{ipaddress.ip_address(address).max_prefixlen}" for address in media_on]
        }
    turn = turn_config(settings)
    return {
        "port": settings.engine_port,
        "bind_addresses": settings.engine_listens_on if settings.loopback else [""],
        "rtc": rtc,
        **({"turn": turn} if turn else {}),
        "keys": {keys.engine_key: keys.engine_secret},
        "room": {
            "auto_create": True,
            "empty_timeout": 300,
            "departure_timeout": 20,
            "enabled_codecs": [{"mime": codec} for codec in RECORDED_CODECS],
        },
        "audio": {"update_interval": 200, "smooth_intervals": 2},
        "webhook": {
            "api_key": keys.engine_key,
            "urls": [f"{server.rstrip('/')}/engine/events" for server in servers or [settings.own_url]],
        },
        "logging": {"level": "info", "json": True, "pion_level": "error"},
    }


def _media_on(settings: Settings) -> list[str]:
    """The addresses of this machine that media comes to; none: all of them.

    Where it is told by another address, all of them are offered as that one, and what does not come to the first that
    the engine finds is lost: loopback is not to be among them.
    """
    others = [each for each in settings.engine_listens_on if each != "127.0.0.1"]
    if settings.media_address and others:
        return others
    return settings.engine_listens_on if settings.loopback else []


def config_file(data_dir: Path) -> Path:
    """Where the configuration of this data directory's engine is."""
    return data_dir.resolve() / "engine.json"


def surviving_engines(data_dir: Path) -> list[int]:
    """The ids of the engines that run with this data directory's configuration, whoever started them."""
    return adoption.find("--config", config_file(data_dir))


def surviving_guards(data_dir: Path) -> list[int]:
    """The ids of the programs that end this data directory's engine when no server comes."""
    return adoption.find("--ends", config_file(data_dir))


class LocalEngine:
    """Keeps this server's engine running; `engine` is how it is called."""

    def __init__(self, settings: Settings, keys: Keys, binary: Path, engine: Engine) -> None:
        self._settings = settings
        self._keys = keys
        self._binary = binary
        self._engine = engine
        self._config = config_file(settings.data_dir)
        self.child = Child("engine", self._program, forever=True, longest_pause=_LONGEST_PAUSE, stop_signals=2)
        self._guard = Child("engine's guard", self._guard_program, forever=True, longest_pause=_LONGEST_PAUSE)
        self._guarding: asyncio.Task[None] | None = None
        self._outdated = False  # the engine that was adopted is not quite the one that would be started
        self._running: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    def _program(self) -> Program:
        return Program(
            [str(self._binary), "--config", str(self._config)],
            log=self._settings.data_dir / "logs" / "engine.log",
            outlives=True,
        )

    def _guard_program(self) -> Program:
        """What ends the engine when this server is gone and none comes after it."""
        command = [sys.executable, "-m", "reelroom.engine.orphan", "--lock", str(self._settings.data_dir / "lock")]
        command += ["--ends", str(self._config), "--after", str(self._settings.orphan_seconds)]
        return Program(command, log=self._settings.data_dir / "logs" / "guard.log", outlives=True)

    async def _survivor(self, config: dict[str, Any]) -> int | None:
        """The engine that an earlier server left behind, if it serves as well as a new one; others are ended."""
        survivors = await asyncio.to_thread(surviving_engines, self._settings.data_dir)
        before = await asyncio.to_thread(_read, self._config)
        kept = survivors.pop(0) if survivors and _serves_as_well(before, config) else None
        for pid in survivors:
            _log.warning("engine of an earlier server ended", pid=pid)
            await adoption.end(pid, [signal.SIGTERM, signal.SIGTERM, signal.SIGKILL], 0.5)
        if kept is not None:
            self._outdated = before != config or not _runs(kept, self._binary)
        return kept

    async def start(self) -> None:
        """Start the engine, or adopt the one that lives, and wait until it answers. Raises EngineError, OSError.

        One that does not answer is ended again.
        """
        try:
            await self._start()
        except BaseException:
            if self.child.process is not None:
                await self.child.stop(1.0)
            raise

    async def _start(self) -> None:
        config = engine_config(self._settings, self._keys)
        survivor = await self._survivor(config)
        write_durably(self._config, json.dumps(config, indent=2), mode=0o600)
        self._engine.open()
        self._running = asyncio.create_task(self.child.run(adopt=survivor), name="engine")
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._answers():
                    if self.child.restarts > 2:
                        raise EngineError(f"the engine does not start; see {self._program().log}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            if survivor is None or self.child.pid != survivor:
                raise EngineError(f"the engine does not answer; see {self._program().log}") from None
            _log.error("the engine of an earlier server does not answer; it is replaced", pid=survivor)
            await self._replace(survivor)
        self._watching = asyncio.create_task(self._watch(), name="engine watch")
        for pid in await asyncio.to_thread(surviving_guards, self._settings.data_dir):
            await adoption.end(pid, [signal.SIGKILL], 1.0)
        self._guarding = asyncio.create_task(self._guard.run(), name="engine's guard")

    async def _answers(self) -> bool:
        return self.child.pid is not None and await self._engine.answers()

    async def _watch(self) -> None:
        """An engine that hangs, and one that is older than its program once it is empty, gives way to a new one."""
        answered, watched = time.monotonic(), self.child.pid
        while True:
            await asyncio.sleep(_EVERY)
            try:
                if self.child.pid != watched or await self._answers():
                    answered, watched = time.monotonic(), self.child.pid
                    await self._renew()
                elif watched is not None and time.monotonic() - answered > _HANGS_AFTER:
                    _log.error("the engine hangs; it is replaced", pid=watched)
                    await self._replace(watched)
            except Exception:
                _log.exception("the engine could not be looked after")

    async def _renew(self) -> None:
        pid = self.child.pid
        if self._outdated and pid is not None and await self._engine.is_empty():
            _log.info("an engine of an earlier version is empty; it is replaced", pid=pid)
            self._outdated = False
            await self._replace(pid)

    async def _replace(self, pid: int) -> None:
        """End it at once; the child's supervision starts another."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await adoption.ended(pid)

    async def stop(self) -> None:
        """End the engine."""
        await self._close(self._watching)
        await self._guard.stop(1.0)
        await self.child.stop(1.0)
        await self._close(self._running, self._guarding)

    async def leave(self) -> None:
        """Look after it no more: it goes on until another server adopts it."""
        self.child.leave()
        self._guard.leave()
        await self._close(self._watching, self._running, self._guarding)

    async def _close(self, *tasks: asyncio.Task[None] | None) -> None:
        await self._engine.close()
        for task in filter(None, tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _read(config: Path) -> object:
    try:
        return json.loads(config.read_bytes())
    except (OSError, ValueError):
        return None


def _serves_as_well(before: object, config: dict[str, Any]) -> bool:
    """Whether an engine that was started with `before` is reached, and trusts, as one of `config`."""
    return isinstance(before, dict) and all(
        before.get(name) == config.get(name) for name in {*before, *config} - _MAY_DIFFER
    )


def _runs(pid: int, binary: Path) -> bool:
    """Whether a process runs this very program: one that was replaced on disk meanwhile, it does not."""
    try:
        return Path(f"/proc/{pid}/exe").readlink() == binary.resolve()
    except OSError:
        return False
