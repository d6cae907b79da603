"""What of a film lies in the depot: each file under a name made of what is in it, so that none is ever changed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

FILMS = "films"  # below which the depot has those of all archives
DIGITS = 32  # of a SHA-256 (hex) in a name: nobody finds two files with the same ones


@dataclass(frozen=True)
class Deposited:
    """One file: the first digits of its SHA-256 (hex), and how long it is (bytes)."""

    digest: str
    size: int


def digest_of(data: bytes) -> str:
    """As the names in the depot have it."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def shortened(digest: bytes) -> str:
    """The same, of a SHA-256 that is known."""
    return digest.hex()[:DIGITS]


def films_key(archive_id: str) -> str:
    """Where in the depot an archive's files lie."""
    return f"{FILMS}/{archive_id}"


def key_of(archive_id: str, suffix: str, file: Deposited) -> str:
    """Where one of them lies."""
    return f"{films_key(archive_id)}/{name_of(suffix, file)}"


def name_of(suffix: str, file: Deposited) -> str:
    """What it is called there."""
    return f"{file.digest}{suffix}"


@lru_cache(maxsize=20_000)
def read_deposited(text: str) -> Mapping[str, Deposited]:
    """What lies there by suffix, as an archive's row has it; "" where nothing does."""
    found = json.loads(text) if text else {}
    return MappingProxyType({suffix: Deposited(digest, size) for suffix, (digest, size) in found.items()})


def deposited_as_text(files: Mapping[str, Deposited]) -> str:
    """The inverse."""
    if not files:
        return ""
    return json.dumps({suffix: [file.digest, file.size] for suffix, file in sorted(files.items())})
