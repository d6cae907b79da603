"""Looks at what TURN needs: free ports, and a certificate of its name that holds."""

import datetime
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from reelroom.cli.doctor import Finding, port_finding
from reelroom.config import Settings

_SOON = datetime.timedelta(days=7)


def examine(settings: Settings, now: datetime.datetime) -> list[Finding]:
    """What was looked at; nothing where there is to be no TURN."""
    findings = []
    host = settings.host
    if settings.turn_tls_port:
        port = settings.turn_tls_port
        findings.append(port_finding("TURN port", host, port, socket.SOCK_STREAM, "REELROOM_TURN_TLS_PORT"))
    if settings.turn_udp_port:
        port = settings.turn_udp_port
        findings.append(port_finding("TURN port", host, port, socket.SOCK_DGRAM, "REELROOM_TURN_UDP_PORT"))
    if settings.turn_tls_port and settings.turn_certificate is not None and settings.turn_key is not None:
        findings.append(_certificate(settings.turn_domain, settings.turn_certificate, settings.turn_key, now))
    return findings


def _certificate(domain: str, certificate: Path, key: Path, now: datetime.datetime) -> Finding:
    name = "TURN certificate"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        read = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        remedy = (
            "let REELROOM_TURN_CERTIFICATE and REELROOM_TURN_KEY name a chain and its key that the server may read"
        )
        return Finding(name, False, f"{certificate}, {key}: {why}", remedy)
    until = read.not_valid_after_utc
    if until < now + _SOON:
        remedy = "renew it, and restart the media engine, which reads it once, when nobody is in a room"
        return Finding(name, False, f"{certificate} holds until {until:%Y-%m-%d}", remedy, required=until < now)
    if not any(_covers(each, domain) for each in _names(read)):
        return Finding(name, False, f"{certificate} is not of {domain}", "let it name REELROOM_TURN_DOMAIN")
    return Finding(name, True, f"of {domain}, until {until:%Y-%m-%d}")


def _names(certificate: x509.Certificate) -> Sequence[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return found.value.get_values_for_type(x509.DNSName)


def _covers(name: str, domain: str) -> bool:
    """Whether a certificate's name is a domain's, or stands for one more label before it (RFC 6125, 6.4.3)."""
    name, domain = name.lower(), domain.lower()
    return name == domain or (name.startswith("*.") and domain.partition(".")[2] == name[2:])
