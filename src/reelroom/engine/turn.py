"""The engine's TURN server: what lets people in whose network lets through nothing but TLS on port 443."""

import ipaddress
from typing import Any

from reelroom.config import Settings


def turn_config(settings: Settings) -> dict[str, Any]:
    """LiveKit's `turn`; empty where there is to be none.

    It hands media to the engine on this machine, and to no other address: else whoever is in a room could send
    packets from here to anywhere. Browsers are told port 443 of the domain, whatever port is listened on.
    """
    if not settings.has_turn:
        return {}
    address = ipaddress.ip_address(settings.media_address)
    own = ipaddress.ip_network(address)
    everywhere = ipaddress.ip_network("0.0.0.0/0" if address.version == 4 else "::/0")
    others = ipaddress.ip_network("::/0" if address.version == 4 else "0.0.0.0/0")
    listens_on = ["0.0.0.0" if address.version == 4 else "::"]
    if settings.loopback:
        listens_on = [
            each for each in settings.engine_listens_on if ipaddress.ip_address(each).version == own.version
        ]
    config: dict[str, Any] = {
        "enabled": True,
        "bind_addresses": listens_on,
        "allow_restricted_peer_cidrs": [str(own)],
        "deny_peer_cidrs": [*map(str, sorted(_but(everywhere, own))), str(others)],
    }
    if settings.turn_udp_port:
        config["udp_port"] = settings.turn_udp_port
    if settings.turn_tls_port:
        config |= {"domain": settings.turn_domain, "tls_port": settings.turn_tls_port}
        if settings.turn_certificate is None:
            config["external_tls"] = True
        else:
            config |= {"cert_file": str(settings.turn_certificate.absolute())}
            config["key_file"] = str(settings.turn_key.absolute()) if settings.turn_key else ""
    return config


def _but(everywhere: Any, own: Any) -> list[Any]:
    """The networks that make up `everywhere` without one address."""
    return list(everywhere.address_exclude(own))
