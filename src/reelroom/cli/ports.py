"""Looks at the ports that a server listens on: whether they are free, and what to do where one is not."""

import errno
import socket
from dataclasses import dataclass

from reelroom.cli.finding import Finding
from reelroom.config import Settings

_TCP, _UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM


@dataclass(frozen=True)
class Port:
    """One that is listened on, and the setting that chooses it."""

    name: str
    host: str
    number: int
    kind: socket.SocketKind
    variable: str

    def examine(self) -> Finding:
        """Whether it can be listened on."""
        where = f"{self.host}:{self.number}{' (UDP)' if self.kind == _UDP else ''}"
        try:
            family, _, _, _, address = socket.getaddrinfo(
                self.host, self.number, type=self.kind, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, self.kind) as probe:
                if self.kind == _TCP:  # as servers do, so that connections that have just ended don't count
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            detail = f"{where}: {error.strerror or error}"
            return Finding(self.name, False, detail, _remedy(error, self.variable))
        return Finding(self.name, True, f"{where} is free")


def own_ports(settings: Settings) -> list[Port]:
    """The server's own."""
    return [Port("port", settings.host, settings.port, _TCP, "REELROOM_PORT")]


def engine_ports(settings: Settings) -> list[Port]:
    """Those of its media engine, which outlives a server."""
    ports = [
        Port("engine port", "127.0.0.1", settings.engine_port, _TCP, "REELROOM_ENGINE_PORT"),
        Port("media port", settings.host, settings.rtc_port, _UDP, "REELROOM_RTC_PORT"),
        Port("media port", settings.host, settings.rtc_tcp_port, _TCP, "REELROOM_RTC_TCP_PORT"),
        Port("TURN port", settings.host, settings.turn_tls_port, _TCP, "REELROOM_TURN_TLS_PORT"),
        Port("TURN port", settings.host, settings.turn_udp_port, _UDP, "REELROOM_TURN_UDP_PORT"),
    ]
    return [port for port in ports if port.number]


def telephone_ports(settings: Settings) -> list[Port]:
    """Where telephones call in, if they may."""
    if not settings.sip_listen:
        return []
    host, _, number = settings.sip_listen.rpartition(":")
    return [
        Port("telephone port", host.strip("[]"), int(number), kind, "REELROOM_SIP_LISTEN") for kind in (_UDP, _TCP)
    ]


def _remedy(error: OSError, variable: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"stop what holds it (a Reelroom that runs?), or set {variable} to a free one"
    if error.errno == errno.EACCES:
        return f"ports below 1024 are for root: set {variable} to a higher one, with a proxy in front of it"
    return "no address of this machine: set REELROOM_HOST to one that is, or to 0.0.0.0 for all"
