"""A real server in a process of its own, on free ports and a data directory of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import psutil

from reelroom.engine.local import surviving_engines
from reelroom.keys import load_keys
from reelroom.opentok.tokens import ClientToken, mint
from reelroom.recorder.taps import all_surviving_taps
from reelroom.takes.folder import Take


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """The first true value of `condition`; fails after `seconds`, saying `what` did not happen."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: did not happen within {seconds:.0f} s"
        time.sleep(0.05)


@dataclass
class RunningServer:
    """`start` returns when the server answers; state survives `stop` and `kill` in `data_dir`."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    engine_port: int = field(default_factory=free_port)
    rtc_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    settings: dict[str, str] = field(default_factory=dict)  # more of them, as in the environment
    under: list[str] = field(default_factory=list)  # a command that the server is started by
    python: str = sys.executable  # whose environment has the reelroom to be run
    process: subprocess.Popen[bytes] | None = None
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "RunningServer":
        environment = {
            **os.environ,
            "REELROOM_ENGINE_PORT": str(self.engine_port),
            "REELROOM_RTC_PORT": str(self.rtc_port),
            "REELROOM_ALLOWED_HOSTS": '["rooms.example"]',  # by which a browser reaches an insecure origin
            **self.settings,
        }
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [*self.under, self.python, "-m", "reelroom", "serve", "--port", str(self.port)]
        with (self.data_dir / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--data-dir", str(self.data_dir)], env=environment, stdout=log, stderr=log
            )
        wait_until(self._answers, "the server answers", 40)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended: {self.log()[-3000:]}"
        with contextlib.suppress(httpx.TransportError):
            return self.http.get("/").status_code == 200
        return False

    def log(self) -> str:
        return (self.data_dir / "server.log").read_text()

    def children(self, word: str) -> list[psutil.Process]:
        """The server's child processes with `word` in their command line."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(word in part for part in child.cmdline()):
                    found.append(child)
        return found

    def stop(self, seconds: float = 25.0) -> int:
        """SIGINT, as Ctrl-C: everything ends; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(seconds)

    def leave(self, seconds: float = 25.0) -> int:
        """SIGTERM: meetings and recordings are left to the next server; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL, as a crash; what the server leaves running is ended by the next server, or by `close`."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def taps(self) -> list[int]:
        """The ids of the taps that run."""
        return all_surviving_taps(self.data_dir)

    def survivors(self) -> list[int]:
        """The processes of this data directory that outlived a killed server."""
        return [*surviving_engines(self.data_dir), *self.taps()]

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        for pid in self.survivors():
            os.kill(pid, signal.SIGKILL)
        self.http.close()

    # The calls of the API, as an application makes them

    def open_room(self, room: str) -> dict[str, Any]:
        answer = self.http.get(f"/session/{room}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connect(self, room: str, name: str) -> tuple[str, str]:
        credentials = self.open_room(room)
        answer = self.http.post(
            "/session/connect",
            json={"sessionId": credentials["sessionId"], "token": credentials["token"], "name": name},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["url"], answer.json()["accessToken"]

    def viewer_token(self, session_id: str) -> tuple[str, str]:
        """Address and access token for somebody who watches a session, made with the project's secret."""
        keys = load_keys(self.data_dir)
        now = int(time.time())
        token = mint(ClientToken(session_id, "subscriber", now, now + 60, "1"), keys.api_key, keys.api_secret)
        answer = self.http.post("/session/connect", json={"sessionId": session_id, "token": token})
        assert answer.status_code == 200, answer.text
        return answer.json()["url"], answer.json()["accessToken"]

    def archives(self, session_id: str) -> list[dict[str, Any]]:
        """With the server's own key: a session may be a room's, or one that an application has made with that key."""
        keys, now = load_keys(self.data_dir), int(time.time())
        claims = {"iss": keys.api_key, "ist": "project", "iat": now, "exp": now + 60}
        credentials = jwt.encode(claims, keys.api_secret, algorithm="HS256")
        answer = self.http.get(f"/archive/{session_id}", headers={"x-opentok-auth": credentials})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def record(self, room: str, **wish: str) -> dict[str, Any]:
        answer = self.http.post("/render", json={"roomName": room, **wish})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def record_for(self, session_id: str, seconds: float) -> None:
        """Wait until the running recording of a session has a picture, and so long from then on."""
        wait_until(lambda: '"keyframe_written"' in self.events(session_id), "the recording has a picture")
        time.sleep(seconds)

    def wait_for_files(self, session_id: str, count: int) -> None:
        """Wait until the recordings of a session have so many track files."""
        wait_until(lambda: self.events(session_id).count('"file_opened"') >= count, f"{count} tracks are recorded")

    def events(self, session_id: str) -> str:
        """What the takes of a session tell, one event a line."""
        takes = [Take.open(file.parent) for file in self.data_dir.glob("takes/*/take.json")]
        own = [take for take in takes if take.info.session_id == session_id and take.events_path.exists()]
        return "".join(take.events_path.read_text() for take in own)

    def wait_for_archive(self, session_id: str, status: str, seconds: float = 90.0) -> dict[str, Any]:
        """The newest archive of a session, once it has that status (fails at once when it has failed instead).

        Fails, too, when its film has got no further for `seconds`: on a busy machine it takes its time.
        """
        reached: object = None
        deadline = time.monotonic() + seconds
        while True:
            newest = next(iter(self.archives(session_id)), None)
            if newest is not None:
                if status != "failed":
                    assert newest["status"] != "failed", newest["reason"]
                if newest["status"] == status:
                    return newest
                if (now := (newest["status"], newest["progress"])) != reached:
                    reached, deadline = now, time.monotonic() + seconds
            assert time.monotonic() < deadline, f"an archive of {session_id} is not {status}, but {newest}"
            time.sleep(0.05)

    def download(self, archive: dict[str, Any], folder: Path) -> Path:
        path = folder / f"{archive['id']}.mp4"
        with self.http.stream("GET", archive["url"]) as answer:
            assert answer.status_code == 200
            with path.open("wb") as file:
                for chunk in answer.iter_bytes():
                    file.write(chunk)
        return path
