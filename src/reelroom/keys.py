"""The server's secrets: made at the first start, kept in the data directory, readable by its owner only."""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from reelroom.files.durable import write_durably

_log = structlog.get_logger()

KEYS, _COPY = "keys.json", "keys.json.bak"


class Keys(BaseModel):
    """Secrets in keys.json. `api_key` is a decimal number, as OpenTok's project ids are."""

    model_config = ConfigDict(frozen=True)

    engine_key: str
    engine_secret: str
    api_key: str
    api_secret: str
    link_secret: str
    callback_secret: str

    def __repr_args__(self) -> Iterable[tuple[str, str]]:
        """What str and repr show: no secrets."""
        yield "api_key", self.api_key


def _new_keys() -> Keys:
    return Keys(
        engine_key="RR" + secrets.token_hex(8),
        engine_secret=secrets.token_hex(32),
        api_key=str(10_000_000 + secrets.randbelow(90_000_000)),
        api_secret=secrets.token_hex(20),
        link_secret=secrets.token_hex(32),
        callback_secret=secrets.token_hex(32),
    )


def load_keys(data_dir: Path, may_make: Callable[[], bool] = lambda: True) -> Keys:
    """The keys of this data directory; its copy of them where they are lost, and new ones where `may_make` lets us.

    Keys are what rooms, links and tokens were made with: others open none of them. Raises ValueError where there are
    none to be had.
    """
    path, copy = data_dir / KEYS, data_dir / _COPY
    kept, copied = _read(path), _read(copy)
    if kept is not None:
        if copied != kept:
            _write(copy, kept)
        return kept
    lost = f"{path} is {'broken' if path.exists() else 'missing'}"
    if copied is not None:
        _log.warning("keys restored from their copy", why=lost, copy=str(copy))
        if path.exists():
            path.replace(path.with_name("keys.json.broken"))
        _write(path, copied)
        return copied
    if path.exists() or not may_make():
        raise ValueError(
            f"{lost}, and so is its copy {copy.name}: restore either from a backup. Nothing else opens the rooms and "
            "recordings there are, so no new keys are made"
        )
    keys = _new_keys()
    data_dir.mkdir(parents=True, exist_ok=True)
    _write(path, keys)
    _write(copy, keys)
    return keys


def read_keys(data_dir: Path) -> Keys | None:
    """The keys there are, or their copy; nothing is written. Raises OSError."""
    return _read(data_dir / KEYS) or _read(data_dir / _COPY)


def _read(path: Path) -> Keys | None:
    try:
        return Keys.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(path: Path, keys: Keys) -> None:
    write_durably(path, keys.model_dump_json(indent=2) + "\n", mode=0o600)
