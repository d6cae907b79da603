"""Shipments: a take's folder on its way to the depot while it grows, and on its way back."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

from reelroom.files.depot import Depot
from reelroom.files.durable import sync_file, sync_folder
from reelroom.files.parcels import Parcel, Part, laid_out, length, read_name

_LARGEST = 8 << 20  # bytes of a parcel: what was left behind while the depot was away comes in several
_AT_ONCE = 8
INCOMPLETE = "incomplete"  # in a take's folder while its tracks are on their way here
_TAKE = "take.json"
_NOT_SHIPPED = frozenset({"films", "words.jsonl", INCOMPLETE})  # made of a take, and made again where it is missing
_LINES = (".jsonl",)  # of these whole lines are shipped only


def key_of(take_id: str) -> str:
    """Where in the depot a take's parcels lie."""
    return f"takes/{take_id}"


class Shipment:
    """One take's folder, shipped under a fence; what lies in the depot already is not shipped again.

    Without a `fence`, a take that nobody writes any more is shipped under the last one that it had.
    """

    def __init__(self, depot: Depot, take_id: str, folder: Path, fence: int | None) -> None:
        self._depot = depot
        self._key = key_of(take_id)
        self._folder = folder
        self.fence = fence
        self._shipped: dict[str, int] | None = None  # how far (bytes) each file is

    async def ship(self) -> int:
        """Ship what has been written since; returns how many bytes that was. Raises DepotError, OSError.

        Events are shipped after the tracks that they speak of, so that what is there has never less than they say.
        """
        if self._shipped is None:
            parcels = await known_parcels(self._depot, self._key)
            self._shipped = {file: length(parts) for file, parts in laid_out(parcels).items()}
            self.fence = self.fence or max((parcel.fence for parcel in parcels), default=1)
        grown = await asyncio.to_thread(_sizes, self._folder)
        tracks = [file for file in grown if not file.endswith(_LINES)]
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(file: str) -> int:
            async with limit:
                return await self._ship_file(file, grown[file])

        sent = sum(await asyncio.gather(*(one(file) for file in tracks)))
        return sent + sum(await asyncio.gather(*(one(file) for file in grown if file not in tracks)))

    async def _ship_file(self, file: str, size: int) -> int:
        assert self._shipped is not None and self.fence is not None
        sent = 0
        while (offset := self._shipped.get(file, 0)) < size:
            data = await asyncio.to_thread(_read, self._folder / file, offset, min(size - offset, _LARGEST))
            if file.endswith(_LINES):
                data = data[: data.rfind(b"\n") + 1]
            if not data:
                break
            parcel = Parcel(file, self.fence, offset, len(data))
            self._shipped[file] = offset + await self._depot.create(f"{self._key}/{parcel.name}", data)
            sent += len(data)
        return sent


async def bring_log(depot: Depot, take_id: str, folder: Path) -> bool:
    """Bring what a tap needs to go on with a take: its events, and no track. False where the depot has nothing of it.

    Events that an earlier holder wrote here by itself give way to those that are shipped. Raises DepotError, OSError.
    """
    files = laid_out(await known_parcels(depot, key_of(take_id)))
    if "take.json" not in files:
        return False
    await asyncio.to_thread((folder / "tracks").mkdir, parents=True, exist_ok=True)
    (folder / INCOMPLETE).touch()
    few = {file: parts for file, parts in files.items() if _is_log(file)}
    for file, parts in sorted(few.items(), key=lambda each: each[0] == _TAKE):  # last: then it is a take
        await _bring_file(depot, key_of(take_id), folder / file, parts)
    await asyncio.to_thread(_sync_folders, folder)
    return True


async def bring_tracks(depot: Depot, take_id: str, folder: Path) -> None:
    """Bring all the rest of a take; a film can be made of it then. Raises DepotError, OSError.

    No two holders write the same track file: one that is here is whole, or shorter than what is shipped.
    """
    for file, parts in laid_out(await known_parcels(depot, key_of(take_id))).items():
        path = folder / file
        if not _is_log(file) and not (path.is_file() and path.stat().st_size >= length(parts)):
            await _bring_file(depot, key_of(take_id), path, parts)
    await asyncio.to_thread(_sync_folders, folder)
    (folder / INCOMPLETE).unlink(missing_ok=True)


async def tracks_shipped(depot: Depot, take_id: str) -> Mapping[str, Sequence[Part]]:
    """What the depot has of a take but for its events: each file's parts. Raises DepotError."""
    files = laid_out(await known_parcels(depot, key_of(take_id)))
    return {file: parts for file, parts in files.items() if not _is_log(file)}


def is_whole(folder: Path) -> bool:
    """Whether a take lies in a folder, with all its tracks."""
    return (folder / _TAKE).is_file() and not (folder / INCOMPLETE).exists()


def leave_to_depot(folder: Path) -> None:
    """From now on a take lacks tracks here, which the depot has. Blocking."""
    (folder / INCOMPLETE).touch()
    sync_folder(folder)


def _is_log(file: str) -> bool:
    return file == _TAKE or file.endswith(_LINES)


async def known_parcels(depot: Depot, key: str) -> Sequence[Parcel]:
    """What the depot has below a key."""
    named = (read_name(name, size) for name, size in await depot.list(key))
    return [parcel for parcel in named if parcel is not None]


async def _bring_file(depot: Depot, key: str, path: Path, parts: Sequence[Part]) -> None:
    partial = path.with_name(path.name + ".partial")
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    try:
        with partial.open("wb") as file:
            async for data in _in_order(depot, key, parts):
                await asyncio.to_thread(file.write, data)
        await asyncio.to_thread(sync_file, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


async def _in_order(depot: Depot, key: str, parts: Sequence[Part]) -> AsyncIterator[bytes]:
    """The bytes of the parts, some of them asked for at once."""
    for start in range(0, len(parts), _AT_ONCE):
        some = parts[start : start + _AT_ONCE]
        read = await asyncio.gather(*(depot.read(f"{key}/{part.parcel.name}") for part in some))
        for part, data in zip(some, read, strict=True):
            yield data[: part.size]


def _sizes(folder: Path) -> Mapping[str, int]:
    """The files of a take and how long they are: those of events first, and as they were before the others."""
    found = dict(_below(folder, folder))
    return dict(sorted(found.items(), key=lambda each: not each[0].endswith(_LINES)))


def _below(folder: Path, root: Path) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        known = sorted(entries, key=lambda entry: (not entry.name.endswith(_LINES), entry.name))
    for entry in known:
        path = Path(entry.path)
        if folder == root and entry.name in _NOT_SHIPPED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(path, root)
        elif entry.is_file(follow_symlinks=False) and not entry.name.endswith((".partial", ".log")):
            yield path.relative_to(root).as_posix(), entry.stat().st_size


def _read(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


def _sync_folders(folder: Path) -> None:
    for at, _, _ in os.walk(folder):
        sync_folder(Path(at))
