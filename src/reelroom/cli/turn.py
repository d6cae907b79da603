"""Looks at what TURN over TLS needs: a certificate of its name that holds."""

import datetime
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from reelroom.cli.finding import Finding
from reelroom.config import Settings

_SOON = datetime.timedelta(days=7)


def examine(settings: Settings, now: datetime.datetime) -> list[Finding]:
    """What was looked at; nothing where the server has no certificate for TURN."""
    if settings.turn_tls_port and settings.turn_certificate is not None and settings.turn_key is not None:
        return [_certificate(settings.turn_domain, settings.turn_certificate, settings.turn_key, now)]
    return []


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
