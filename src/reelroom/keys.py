"""The server's secrets: made at the first start, kept in the data directory, readable by its owner only."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from reelroom.files.durable import sync_folder


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


def load_keys(data_dir: Path) -> Keys:
    """The keys of this data directory, made when there are none. Raises ValueError for a broken file."""
    path = data_dir / "keys.json"
    try:
        return Keys.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        pass
    except ValidationError:
        raise ValueError(f"{path} is broken; restore it, or remove it to have new keys made") from None
    keys = _new_keys()
    data_dir.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"keys.json.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)  # of a start that was killed; in a container every start has the same pid
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(keys.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(data_dir)
    return keys
