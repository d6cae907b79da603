"""Telephones of the tests: baresip, which answers by itself, plays a tone and keeps what it hears; and SIPp."""

import socket
import subprocess
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.e2e.running import free_port, wait_until

RATE = 8000

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
"""
_MODULES = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules")

# What SIPp answers to a call, after a provisional answer where there is one.
_REFUSAL = """\
<?xml version="1.0"?>
<scenario name="refuses">
  <recv request="INVITE"/>
  {ringing}
  <send><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=1
[last_Call-ID:]
[last_CSeq:]
{more}Content-Length: 0

]]></send>
  <recv request="ACK"/>
</scenario>
"""


class Baresip:
    """A telephone that runs; `address` is what to call."""

    def __init__(self, folder: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.folder = folder
        self.port = port
        self.process = process

    @property
    def address(self) -> str:
        return f"sip:peer@127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

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
def baresip(folder: Path, tone: float) -> Iterator[Baresip]:
    """A telephone that plays a tone of so many Hz once it is called."""
    folder.mkdir()
    port = free_port(socket.SOCK_DGRAM)
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        moments = np.arange(90 * RATE) / RATE
        file.writeframes((9000 * np.sin(2 * np.pi * tone * moments)).astype("<i2").tobytes())
    modules = next(path for path in _MODULES if Path(path).is_dir())
    config = _CONFIG.format(address=f"127.0.0.1:{port}", folder=folder, modules=modules)
    (folder / "config").write_text(config)
    (folder / "accounts").write_text(f"<sip:peer@127.0.0.1:{port}>;regint=0;answermode=auto\n")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            ["baresip", "-f", str(folder), "-4"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process,
    ):
        telephone = Baresip(folder, port, process)
        try:
            wait_until(lambda: "baresip is ready" in telephone.log, "the telephone is ready", 30)
            yield telephone
        finally:
            process.kill()


@contextmanager
def sipp(folder: Path, status: str = "", *, more: str = "", ringing: bool = False, **options: Any) -> Iterator[int]:
    """A telephone that refuses with a status, or one that answers and gives back what it hears; its port."""
    port = free_port(socket.SOCK_DGRAM)
    command = ["sipp", "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-trace_msg"]
    command += ["-message_file", str(folder / "messages"), "-message_overwrite", "false"]
    if status:
        rings = _REFUSAL[_REFUSAL.index("  <send>") : _REFUSAL.index('  <recv request="ACK"/>')]
        text = _REFUSAL.format(
            status=status, more=more, ringing=rings.format(status="180 Ringing", more="") if ringing else ""
        )
        (folder / "scenario.xml").write_text(text)
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


def _is_bound(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
