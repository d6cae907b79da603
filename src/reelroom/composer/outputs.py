"""The outputs of a broadcast: each has a thread and a bounded queue, so that one that stalls holds up nobody."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import av

from reelroom.composer.film_format import FPS
from reelroom.composer.muxer import PLAYLIST, hls_muxer
from reelroom.composer.rtmp import URL_VARIABLE
from reelroom.composer.units import BroadcastLook, Unit, write_unit
from reelroom.processes.environment import for_children

_MOST_WAITING = 6 * (FPS + 47)  # units: about six seconds of pictures and sound
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two attempts
_RAN_WELL = 30.0  # seconds after which the next pause is a short one again
_CLOSING_SECONDS = 2.0


class Sink(Protocol):
    """What takes an output's units during one attempt; all raise OSError or av.FFmpegError."""

    def write(self, unit: Unit) -> None: ...

    def status(self) -> str: ...

    def close(self) -> None: ...


class Output:
    """Feeds one sink after the other, each from a keyframe on, and tells every change of its status."""

    def __init__(self, name: str, open_sink: Callable[[], Sink], on_status: Callable[[str], None]) -> None:
        self._name = name
        self._open_sink = open_sink
        self._on_status = on_status
        self._status = ""
        self._was_live = False
        self._waiting: deque[Unit] = deque()
        self._changed = threading.Condition()
        self._from_keyframe = True
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"output {name}", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def put(self, unit: Unit) -> None:
        """Never waits: when the sink has not taken anything for a while, it goes on at a later keyframe."""
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.clear()
                self._from_keyframe = True
            if self._from_keyframe and not unit.keyframe:
                return
            self._from_keyframe = False
            self._waiting.append(unit)
            self._changed.notify()

    def end(self) -> None:
        """What is waiting is still written."""
        self._over.set()
        with self._changed:
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, but no longer."""
        self._thread.join(seconds)

    def _next(self) -> Unit | None:
        with self._changed:
            while not self._waiting:
                if self._over.is_set():
                    return None
                self._changed.wait()
            return self._waiting.popleft()

    def _say(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._was_live = self._was_live or status == "live"
            self._on_status(status)

    def _run(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._over.is_set():
            began = time.monotonic()
            with self._changed:
                self._waiting.clear()
                self._from_keyframe = True
            try:
                self._attempt()
                return
            except (OSError, av.FFmpegError) as error:
                sys.stderr.write(f"output {self._name}: {error.strerror or type(error).__name__}\n")
                sys.stderr.flush()
            self._say("offline" if self._was_live else "error")
            pause = _SHORTEST_PAUSE if time.monotonic() - began > _RAN_WELL else pause
            self._over.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _attempt(self) -> None:
        sink = self._open_sink()
        try:
            begin: int | None = None
            while (unit := self._next()) is not None:
                begin = unit.at if begin is None else begin
                if unit.at < begin:
                    continue  # sound from before the keyframe
                sink.write(replace(unit, at=unit.at - begin))
                if (status := sink.status()) == "live" or not self._status:
                    self._say(status)
        finally:
            sink.close()


class HlsSink:
    """A folder that a web server shows."""

    def __init__(self, look: BroadcastLook, folder: Path, seconds: int, *, keep_all: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._playlist = folder / PLAYLIST
        self._muxer = hls_muxer(look, folder, seconds, keep_all=keep_all)
        self.write, self.close = self._muxer.write, self._muxer.close

    def status(self) -> str:
        """`live` once there is something to play."""
        return "live" if self._playlist.exists() else "ready"


@dataclass(frozen=True)
class RtmpWay:
    """How an RTMP server is reached: the address to dial, what is added to the environment; `close` ends it."""

    url: str
    environment: Mapping[str, str]
    close: Callable[[], None]


class RtmpSink:
    """A process that is connected to an RTMP server (`rtmp`), on the way that `find` finds. Raises what that does."""

    def __init__(self, look: BroadcastLook, url: str, find: Callable[[str], RtmpWay]) -> None:
        self._way = find(url)
        command = [sys.executable, "-m", "reelroom.composer.rtmp", "--width", str(look.width)]
        command += ["--height", str(look.height), "--bits-per-second", str(look.bits_per_second)]
        command += [*([] if look.has_audio else ["--no-audio"]), *([] if look.has_video else ["--no-video"])]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**for_children(os.environ), **self._way.environment, URL_VARIABLE: self._way.url},
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._said = self._process.stdin, self._process.stdout
        os.set_blocking(self._said.fileno(), False)
        self._live = False

    def write(self, unit: Unit) -> None:
        """Waits while the server takes nothing; raises BrokenPipeError when the process has ended."""
        write_unit(self._input, unit)  # type: ignore[arg-type]

    def status(self) -> str:
        """`live` once the server takes the stream."""
        self._live = self._live or bool(self._said.read())
        return "live" if self._live else "connecting"

    def close(self) -> None:
        """Lets the server know, if it listens."""
        with contextlib.suppress(OSError):
            self._input.close()
        try:
            self._process.wait(_CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
        self._way.close()
