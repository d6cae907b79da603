"""Telephones of the tests: baresip, which answers, calls, plays a tone and keeps what it hears; and SIPp."""

import json
import socket
import subprocess
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.e2e.running import free_port, wait_until
from tests.e2e.telephone_scenarios import CALLING, CALLING_BY_PROXY, REFUSAL

RATE = 8000
PROXY = "proxy.reelroom.test"  # nobody's name, ever (RFC 6761, 6.2)

_CONFIG = """\
sip_listen {address}
net_interface 127.0.0.1
audio_source aufile,{folder}/tone.wav
audio_player aufile,{folder}/played.wav
snd_path {folder}
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""
_MODULES = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules")


class Baresip:
    """A telephone that runs; `address` is what to call."""

    def __init__(self, folder: Path, port: int, control: int, process: "subprocess.Popen[bytes]") -> None:
        self.folder = folder
        self.port = port
        self.control = control
        self.process = process

    @property
    def address(self) -> str:
        return f"sip:peer@127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def order(self, command: str, parameters: str = "") -> str:
        """One of its commands (`/help` of baresip lists them): `dial`, `sndcode`, `hangup`; returns its answer."""
        text = json.dumps({"command": command, "params": parameters})
        with socket.create_connection(("127.0.0.1", self.control), 10) as connection:
            connection.sendall(f"{len(text)}:{text},".encode())
            return connection.recv(4096).decode()

    def press(self, keys: str) -> None:
        """Keys, at the pace of a person."""
        for key in keys:
            self.order("sndcode", key)
            time.sleep(0.25)

    def heard(self) -> NDArray[np.int16]:
        """What it has heard so far."""
        found = sorted(self.folder.glob("dump-*-dec.wav"))
        return np.frombuffer(found[-1].read_bytes()[44:], dtype="<i2") if found else np.zeros(0, np.int16)

    def loudness(self, tone: float) -> float:
        """How loud a tone was in the last second that it heard."""
        sound = self.heard()[-RATE:]
        moments = np.arange(len(sound)) / RATE
        return float(abs(np.mean(sound * np.exp(-2j * np.pi * tone * moments)))) if len(sound) else 0.0


@contextmanager
def baresip(folder: Path, tone: float, *, certificate: Path | None = None, encrypts: str = "") -> Iterator[Baresip]:
    """A telephone that plays a tone of so many Hz once it is called.

    With a `certificate` (with its key) it is called over TLS, at the port after its own, and encrypts its sound.
    `encrypts`: how it does so in any case, in baresip's words: `srtp` where the other side can, `srtp-mand` always.
    """
    folder.mkdir()
    port = free_port(socket.SOCK_DGRAM)
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        moments = np.arange(90 * RATE) / RATE
        file.writeframes((9000 * np.sin(2 * np.pi * tone * moments)).astype("<i2").tobytes())
    modules = next(path for path in _MODULES if Path(path).is_dir())
    control = free_port()
    config = _CONFIG.format(address=f"127.0.0.1:{port}", folder=folder, modules=modules, control=control)
    if certificate is not None:
        config += f"sip_certificate {certificate}\n"
        encrypts = "srtp-mand"
    if encrypts:
        config += "module srtp.so\n"
        encrypts = f";mediaenc={encrypts}"
    (folder / "config").write_text(config)
    (folder / "accounts").write_text(f"<sip:peer@127.0.0.1:{port}>;regint=0;answermode=auto{encrypts}\n")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            ["baresip", "-f", str(folder), "-4"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process,
    ):
        telephone = Baresip(folder, port, control, process)
        try:
            wait_until(lambda: "baresip is ready" in telephone.log, "the telephone is ready", 30)
            yield telephone
        finally:
            process.kill()


@contextmanager
def sipp(folder: Path, status: str = "", *, scenario: str = "", proxy: str = "") -> Iterator[int]:
    """A telephone that refuses with a status, or one that answers and gives back what it hears; its port.

    `scenario`: what it does instead, behind `proxy` (host:port), or behind itself by a name that nobody has.
    """
    port = free_port(socket.SOCK_DGRAM)
    command = ["sipp", "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-trace_msg"]
    command += ["-message_file", str(folder / "messages"), "-message_overwrite", "false"]
    if status or scenario:
        (folder / "scenario.xml").write_text(
            scenario.replace("{proxy}", proxy or f"{PROXY}:{port}") or REFUSAL.format(status=status)
        )
        command += ["-sf", str(folder / "scenario.xml")]
    else:
        command += ["-sn", "uas", "-rtp_echo", "-mi", "127.0.0.1", "-mp", str(free_port(socket.SOCK_DGRAM))]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as it:
        try:
            wait_until(lambda: _is_bound(port), "SIPp listens", 20)
            yield port
        finally:
            it.kill()


def sipp_calls(folder: Path, address: str, user: str, keys: str, lasts: int) -> "subprocess.Popen[bytes]":
    """SIPp calls `user` at host:port, presses keys as telephone events, and hangs up `lasts` ms later.

    Its status is 0 where all went as it should. It sends events by a raw socket, which is root's.
    """
    return _calls(folder, address, CALLING.format(user=user, keys=keys, lasts=lasts))


def sipp_calls_by_proxy(folder: Path, address: str, user: str, proxy: str) -> "subprocess.Popen[bytes]":
    """SIPp calls `user` at host:port, and is the proxy, too, that is to be found by the name `proxy`.

    Its status is 0 once it has been hung up. What it has heard and said is in `messages`.
    """
    return _calls(folder, address, CALLING_BY_PROXY.format(user=user, proxy=proxy))


def _calls(folder: Path, address: str, text: str) -> "subprocess.Popen[bytes]":
    scenario = folder / "calls.xml"
    scenario.write_text(text)
    ports = [str(free_port(socket.SOCK_DGRAM)) for _ in range(2)]
    command = ["sipp", address, "-sf", str(scenario), "-m", "1", "-i", "127.0.0.1", "-p", ports[0], "-nostdin"]
    command += ["-mi", "127.0.0.1", "-mp", ports[1], "-trace_msg", "-message_file", str(folder / "messages")]
    with (folder / "sipp.log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _is_bound(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
