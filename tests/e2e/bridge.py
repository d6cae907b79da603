"""Machines of a test: network namespaces with addresses of their own on a bridge, as root alone may make them."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.e2e.link import NoNamespaces

_numbers = itertools.count()  # of the bridges of this process


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNamespaces(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


@dataclass
class Machine:
    """One of them: what runs in it reaches the others, and the test itself, by their addresses."""

    name: str
    address: str
    cable: str  # the end of its cable that is plugged into the bridge

    def command(self, *words: str) -> list[str]:
        """A command that runs there."""
        return ["ip", "netns", "exec", self.name, *words]

    def processes(self) -> Sequence[int]:
        """The ids of all that runs there."""
        return [int(pid) for pid in _ip("netns", "pids", self.name).split()]

    def send(self, how: signal.Signals) -> None:
        """A signal to all that runs there."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def unplug(self) -> None:
        """Nothing reaches it any more, and it reaches nobody."""
        _ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        """It is on the bridge again."""
        _ip("link", "set", self.cable, "up")


@dataclass
class Bridge:
    """Within `with`, machines may be added; the test's own processes have the address `here`."""

    subnet: str = "10.213.78"
    machines: list[Machine] = field(default_factory=list)

    @property
    def here(self) -> str:
        return f"{self.subnet}.1"

    @property
    def network(self) -> str:
        return f"{self.subnet}.0/24"

    def __enter__(self) -> "Bridge":
        if os.geteuid() != 0:
            raise NoNamespaces("they are for root")
        if shutil.which("ip") is None:
            raise NoNamespaces("there is no `ip` (iproute2)")
        self._number = f"{os.getpid() % 100_000}{next(_numbers)}"
        self._name = f"rb{self._number}"
        _ip("link", "add", self._name, "type", "bridge")
        try:
            _ip("addr", "add", f"{self.here}/24", "dev", self._name)
            _ip("link", "set", self._name, "up")
        except NoNamespaces:
            self.__exit__()
            raise
        return self

    def add(self) -> Machine:
        """Another machine. Raises NoNamespaces."""
        count = len(self.machines)
        name, cable = f"reelroom-{self._number}-{count}", f"rm{self._number}{count}"
        machine = Machine(name, f"{self.subnet}.{count + 11}", cable)
        _ip("netns", "add", name)
        self.machines.append(machine)
        _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("link", "set", cable, "master", self._name, "up")
        _ip("-n", name, "addr", "add", f"{machine.address}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        return machine

    def __exit__(self, *_: object) -> None:
        for machine in self.machines:
            with contextlib.suppress(NoNamespaces):
                machine.send(signal.SIGKILL)
            with contextlib.suppress(NoNamespaces):
                _ip("netns", "del", machine.name)
        with contextlib.suppress(NoNamespaces):
            _ip("link", "del", self._name)
