"""SIP addresses: where they lead, and what others in a session see of them."""

import re
from dataclasses import dataclass
from typing import Literal

Transport = Literal["udp", "tcp", "tls"]

_ADDRESS = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@;?<>\"\s]{1,256})@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.?)(?::(?P<port>\d{1,5}))?"
    r"(?P<parameters>(?:;[a-z0-9._~!*'()+$&/:%-]+(?:=[a-z0-9._~!*'()+$&/:%\[\]-]*)?)*)",
    re.IGNORECASE,
)
_TRANSPORTS: dict[str, Transport] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}
_PLAIN_PORT, _TLS_PORT = 5060, 5061  # RFC 3261, 19.1.2
_SHOWN = 4  # of the digits of a telephone number: enough to tell two apart


@dataclass(frozen=True)
class SipAddress:
    """A SIP address (RFC 3261, 19.1), and whom it leads to how."""

    uri: str
    user: str
    host: str
    port: int
    transport: Transport

    @property
    def name(self) -> str:
        """What the others in a session see: of a number, not enough to call it."""
        digits = re.sub(r"[\s().-]", "", self.user)
        if re.fullmatch(r"\+?\d{6,}", digits):
            return f"…{digits[-_SHOWN:]}"
        return self.user or self.host


def read_address(uri: str) -> SipAddress:
    """Raises ValueError for what is no address that can be called."""
    found = _ADDRESS.fullmatch(uri)
    if found is None:
        raise ValueError("a SIP address such as sip:user@example.org")
    options = dict(each.lower().partition("=")[::2] for each in found["parameters"].split(";") if each)
    secure = found["scheme"].lower() == "sips"
    transport = _TRANSPORTS.get(options.get("transport") or ("tls" if secure else "udp"))
    if transport is None or (secure and transport == "udp"):
        raise ValueError("a SIP address whose transport is udp, tcp or tls")
    if secure:
        transport = "tls"
    port = int(found["port"] or (_TLS_PORT if transport == "tls" else _PLAIN_PORT))
    if not 0 < port < 1 << 16:
        raise ValueError("a SIP address with a port below 65536")
    return SipAddress(uri, found["user"] or "", found["host"].strip("[]"), port, transport)
