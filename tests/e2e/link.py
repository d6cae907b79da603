"""A network namespace whose only way out delays, shuffles and loses packets.

`tc netem` would do as much, but not every kernel has it. Here both ends of the way are TUN devices, one in the
namespace and one outside, and a thread carries each packet across when its time has come.
"""

import contextlib
import fcntl
import heapq
import itertools
import os
import random
import selectors
import shutil
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_LONGEST_QUEUE = 0.4  # s, where there is a limit to the rate
_numbers = itertools.count()  # of the links of this process


class NoNamespaces(Exception):
    """This machine, or this user, cannot make them; the message says why."""


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNamespaces(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _tun(name: str) -> int:
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    except OSError as error:
        raise NoNamespaces(f"/dev/net/tun: {error.strerror}") from error
    return descriptor


@dataclass
class Link:
    """Within `with`, the namespace `name` is there; from inside, the machine is `outside`. Times in s."""

    delay: float = 0.1
    jitter: float = 0.03  # at most so much earlier or later, each packet by itself: they overtake each other
    loss: float = 0.02
    rate: float | None = None  # bits a second out of the namespace; may be changed at any time
    tcp_only: bool = False  # a firewall that lets no UDP through
    subnet: str = "10.213.77"
    name: str = field(default_factory=lambda: f"reelroom-{os.getpid()}-{next(_numbers)}")
    carried: int = 0
    lost: int = 0

    @property
    def outside(self) -> str:
        return f"{self.subnet}.1"

    def command(self, *words: str) -> list[str]:
        """A command that runs in the namespace."""
        return ["ip", "netns", "exec", self.name, *words]

    def __enter__(self) -> "Link":
        if shutil.which("ip") is None:
            raise NoNamespaces("there is no `ip` (iproute2)")
        self._ends: list[int] = []
        _ip("netns", "add", self.name)
        try:
            number = self.name.rpartition("reelroom-")[2]
            here, there = f"rr{number}a", f"rr{number}b"
            self._ends = [_tun(here), _tun(there)]
            _ip("link", "set", there, "netns", self.name)
            _ip("addr", "add", f"{self.outside}/30", "dev", here)
            _ip("link", "set", here, "up")
            inside = ("-n", self.name)
            _ip(*inside, "addr", "add", f"{self.subnet}.2/30", "dev", there)
            _ip(*inside, "link", "set", there, "up")
            _ip(*inside, "link", "set", "lo", "up")
        except NoNamespaces:
            self._remove()
            raise
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="link", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._remove()

    def _remove(self) -> None:
        for descriptor in self._ends:
            os.close(descriptor)  # the devices go with them
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def _carry(self) -> None:
        chance = random.Random(7)
        here, there = self._ends
        waiting: list[tuple[float, int, int, bytes]] = []
        number, free_at = 0, 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(here, selectors.EVENT_READ, there)
            selector.register(there, selectors.EVENT_READ, here)
            while not self._over.is_set():
                due = waiting[0][0] - time.monotonic() if waiting else 0.05
                for key, _ in selector.select(max(0.0, min(due, 0.05))):
                    with contextlib.suppress(BlockingIOError):
                        while True:
                            packet = os.read(key.fd, 65_536)
                            if self.tcp_only and packet[9] == socket.IPPROTO_UDP:
                                continue
                            now = time.monotonic()
                            if key.fd == there and self.rate is not None:
                                free_at = max(free_at, now)
                                if free_at - now > _LONGEST_QUEUE:
                                    self.lost += 1
                                    continue
                                free_at += len(packet) * 8 / self.rate
                                now = free_at
                            if chance.random() < self.loss:
                                self.lost += 1
                                continue
                            number += 1
                            arrives = now + self.delay + chance.uniform(-self.jitter, self.jitter)
                            heapq.heappush(waiting, (arrives, number, key.data, packet))
                while waiting and waiting[0][0] <= time.monotonic():
                    _, _, to, packet = heapq.heappop(waiting)
                    self.carried += 1
                    with contextlib.suppress(OSError):
                        os.write(to, packet)
