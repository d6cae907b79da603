"""The depot: objects that all servers share, in a bucket or a folder, each created once and never changed."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

_CLIENT: dict[str, Any] = {"connect_timeout": "5s", "timeout": "60s"}
_PARTS_AT_ONCE = 3  # of 5 MiB each
_RETRY: dict[str, Any] = {"max_retries": 1}  # whoever ships tries again by itself


class DepotError(Exception):
    """The depot did not do what it was asked to; the message says why, without credentials."""


class Depot:
    """Objects by their keys, which have slashes."""

    def __init__(self, store: S3Store | LocalStore | MemoryStore, secrets: Sequence[str] = ()) -> None:
        self._store = store
        self._secrets = [each for each in secrets if each]

    async def create(self, key: str, data: bytes) -> int:
        """An object lies at `key`; returns how many bytes it has. Raises DepotError.

        That of an earlier attempt whose answer was lost stays as it is, and may be shorter than what there is by now.
        """
        try:
            await obstore.put_async(self._store, key, data, mode="create")
        except AlreadyExistsError:
            return await self.size(key)
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None
        return len(data)

    async def size(self, key: str) -> int:
        """How many bytes an object has. Raises DepotError, also where there is none."""
        try:
            return int((await obstore.head_async(self._store, key))["size"])
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None

    async def list(self, folder: str) -> Sequence[tuple[str, int]]:
        """The names below a folder, without it, and their sizes in bytes. Raises DepotError."""
        return [(name, each["size"]) for name, each in await self._below(folder)]

    async def when_they_came(self, folder: str) -> Sequence[tuple[str, datetime]]:
        """The names below a folder, without it, and when each was put there. Raises DepotError."""
        return [(name, each["last_modified"]) for name, each in await self._below(folder)]

    async def _below(self, folder: str) -> Sequence[tuple[str, Any]]:
        """The names below a folder, without it, and what the store says of each. Raises DepotError."""
        found = list[tuple[str, Any]]()
        try:
            async for batch in obstore.list(self._store, prefix=folder, chunk_size=1000):
                found += [(each["path"].removeprefix(f"{folder}/"), each) for each in batch]
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None
        return found

    async def read(self, key: str) -> bytes:
        """All of an object. Raises DepotError."""
        try:
            return bytes(await (await obstore.get_async(self._store, key)).bytes_async())
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes of an object from `start` to before `end`. Raises DepotError."""
        try:
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None

    async def put(self, key: str, data: bytes) -> None:
        """An object lies at `key`, anew where it was there: for names made of what is in them. Raises DepotError."""
        try:
            await obstore.put_async(self._store, key, data)
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None

    async def put_file(self, key: str, file: Path) -> int:
        """A file lies at `key`, whole, however long it is; returns how many bytes it has. Raises DepotError.

        It comes in parts, so `key` is to be one that nobody else writes anything else to.
        """
        try:
            size = (await asyncio.to_thread(file.stat)).st_size
            await obstore.put_async(self._store, key, file, max_concurrency=_PARTS_AT_ONCE)
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None
        if (there := await self.size(key)) != size:
            raise DepotError(f"the depot has {there} bytes of {size}")
        return size

    async def remove_one(self, key: str) -> None:
        """Nothing lies at `key` any more. Raises DepotError."""
        try:
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, key)
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None

    async def remove(self, folder: str) -> None:
        """Nothing lies below a folder any more. Raises DepotError."""
        keys = [f"{folder}/{name}" for name, _ in await self.list(folder)]
        try:
            if keys:
                await obstore.delete_async(self._store, keys)
        except (BaseError, OSError, ValueError) as error:
            raise self._said(error) from None

    async def try_out(self) -> None:
        """Create an object, read it, see that it cannot be created again, and remove it. Raises DepotError."""
        folder, data = f"tried/{uuid4()}", b"Reelroom was here"
        key = f"{folder}/once"
        await self.create(key, data)
        once = await self.create(key, data + b" again")
        read = await self.read(key)
        await self.remove(folder)
        if once != len(data) or read != data:
            raise DepotError("the depot lets an object be created twice: it is not to be relied upon")

    def _said(self, error: Exception) -> DepotError:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in lines if "Debug source" not in line), "")
        for secret in self._secrets:
            said = said.replace(secret, "…")
        return DepotError(f"{type(error).__name__.removesuffix('Error')}: {said}"[:300])


def open_depot(
    url: str, *, endpoint: str = "", region: str = "", access_key: str = "", secret_key: str = ""
) -> Depot:
    """The depot at `s3://bucket/prefix` or `file:///folder`. Raises ValueError for any other address."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return Depot(LocalStore(Path(parts.path), mkdir=True))
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"{url!r} names no depot: it is s3://bucket, s3://bucket/prefix or file:///folder")
    options: Any = {}
    if endpoint:
        options |= {"endpoint": endpoint.rstrip("/")}
    if access_key:
        options |= {"access_key_id": access_key, "secret_access_key": secret_key}
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        region=region or "us-east-1",
        virtual_hosted_style_request=False,
        client_options={**_CLIENT, "allow_http": endpoint.startswith("http://")},  # type: ignore[arg-type]
        retry_config=_RETRY,  # type: ignore[arg-type]
        **options,
    )
    return Depot(store, [access_key, secret_key])
