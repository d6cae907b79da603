"""Which names a request may call this server by, and from which sites it may come."""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from reelroom.config import Settings

# GETs that make or end something, as the public calls of the application have it.
_CHANGING_GETS = ("/session/", "/render/stop/", "/archive/stop/")
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Origins:
    """The names this server answers to (lower case, no ports), and the other sites whose pages may call it."""

    hosts: frozenset[str]
    sites: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Where it listens, how browsers see it, what this machine is called, and what else the settings name."""
        named = {urlsplit(settings.base_url).hostname, settings.host, *settings.allowed_hosts}
        machine = {socket.gethostname(), socket.getfqdn()}
        hosts = {name.lower() for name in (named | machine | {"localhost"}) if name}
        return cls(frozenset(hosts), frozenset(site.rstrip("/").lower() for site in settings.allowed_origins))

    def why_refused(self, method: str, path: str, headers: Mapping[str, str]) -> str | None:
        """A sentence for a request that a foreign page may have caused, or None.

        A name that leads here without being ours is how a web page elsewhere reaches a server that only its own
        machine may reach (DNS rebinding). An address is no name: nobody can make it lead elsewhere.
        """
        host = headers.get("host", "")
        if host and not self._ours(host):
            return (
                f"This server is not called {_name(host)[:100]!r}: name it in REELROOM_PUBLIC_URL or "
                "REELROOM_ALLOWED_HOSTS"
            )
        if not _changes(method, path) or not _cross_site(host, headers):
            return None
        if headers.get("origin", "").lower() in self.sites:
            return None
        return "A page of another site may not do this: name its origin in REELROOM_ALLOWED_ORIGINS"

    def _ours(self, host: str) -> bool:
        name = _name(host)
        if name in self.hosts or name.endswith(".localhost"):  # RFC 6761: always this machine
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name(host: str) -> str:
    """The name in a Host header, without its port, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _changes(method: str, path: str) -> bool:
    return method not in _HARMLESS or (method != "OPTIONS" and path.startswith(_CHANGING_GETS))


def _cross_site(host: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of another site caused the request (Fetch Metadata, else Origin)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "cross-site"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()
