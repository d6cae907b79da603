"""The files of films, wherever they lie: here, or in the depot, from which they are read piece by piece."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from reelroom.errors import Overloaded
from reelroom.files.deposited import Deposited, digest_of, key_of, read_deposited
from reelroom.files.depot import Depot, DepotError
from reelroom.files.films import FILM, TRACKS, Storage
from reelroom.store.values import Archive

_PIECE = 4 << 20  # bytes of a film that are asked for at once: a slow player holds no more in memory


class FilmFiles:
    """`storage` is what lies here; without a `depot` there is nothing else."""

    def __init__(self, storage: Storage, depot: Depot | None = None) -> None:
        self.storage = storage
        self._depot = depot

    @property
    def has_depot(self) -> bool:
        """Whether there is one."""
        return self._depot is not None

    def in_depot(self, archive: Archive) -> Mapping[str, Deposited]:
        """What an archive has there, by suffix."""
        return read_deposited(archive.deposited if self._depot is not None else "")

    def suffixes(self, archive: Archive) -> frozenset[str]:
        """The suffixes of all files that an archive has; asks neither the depot nor, a second time, the disk."""
        return self.storage.beside(archive.id, archive.updated_at).union(self.in_depot(archive))

    def here(self, archive: Archive, suffix: str) -> Path | None:
        """The file on this machine; None where it is not here, or another server has made a newer one. Blocking."""
        path, known = self.storage.path(archive.id, suffix), self.in_depot(archive).get(suffix)
        if known is None:
            return path if path.is_file() else None
        try:
            if path.stat().st_size != known.size:
                return None
            # A film is written once; words and chapters, which are short, are written anew.
            return path if suffix in {FILM, TRACKS} or digest_of(path.read_bytes()) == known.digest else None
        except OSError:
            return None

    async def read(self, archive: Archive, suffix: str) -> bytes | None:
        """All of a file that lies beside a film; None where there is none. Raises Overloaded, OSError."""
        path = await asyncio.to_thread(self.here, archive, suffix)
        if path is not None:
            return await asyncio.to_thread(path.read_bytes)
        known = self.in_depot(archive).get(suffix)
        return None if known is None else b"".join([piece async for piece in self.pieces(archive, suffix)])

    async def bring(self, archive: Archive, suffix: str) -> None:
        """A file that lies in the depot alone lies here, too. Raises Overloaded while that is away, OSError."""
        path = self.storage.path(archive.id, suffix)
        beside = path.with_name(path.name + ".partial")
        await asyncio.to_thread(self.storage.folder.mkdir, parents=True, exist_ok=True)
        try:
            with await asyncio.to_thread(beside.open, "wb") as file:
                async for piece in self.pieces(archive, suffix):
                    await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(file.flush)
                await asyncio.to_thread(os.fsync, file.fileno())
            await asyncio.to_thread(beside.replace, path)
        finally:
            beside.unlink(missing_ok=True)

    async def pieces(
        self, archive: Archive, suffix: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end` of a file in the depot. Raises Overloaded while that is away.

        Each piece is a request of its own: one for all of a film would have to last as long as its player plays.
        """
        file = self.in_depot(archive)[suffix]
        key, end = key_of(archive.id, suffix, file), file.size if end is None else end
        assert self._depot is not None
        while start < end:
            until = min(end, start + _PIECE)
            try:
                yield await self._depot.read_range(key, start, until)
            except DepotError as error:
                raise Overloaded(f"The depot, where this film lies, does not hand it out: {error}") from None
            start = until
