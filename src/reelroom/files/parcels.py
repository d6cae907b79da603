"""Parcels: what a growing file is shipped in, and how the file is laid out of them again.

A parcel is written once and never changed. Its name holds where it begins and the fence of whoever held the take:
where somebody took a take over, what their predecessor still shipped beyond that point counts no more.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_NAME = re.compile(r"(?P<file>.+)/(?P<fence>\d{8})-(?P<offset>\d{15})")


@dataclass(frozen=True, order=True)
class Parcel:
    """`size` bytes of `file` from `offset` on, shipped under a `fence`."""

    file: str
    fence: int
    offset: int
    size: int

    @property
    def name(self) -> str:
        """What it is called below its take; names sort as parcels do."""
        return f"{self.file}/{self.fence:08}-{self.offset:015}"

    @property
    def end(self) -> int:
        """Where in the file it ends."""
        return self.offset + self.size


@dataclass(frozen=True)
class Part:
    """The first `size` bytes of a parcel: what a file has of it."""

    parcel: Parcel
    size: int


def read_name(name: str, size: int) -> Parcel | None:
    """The parcel of this name; None where the name is none of ours, or leads out of a folder."""
    match = _NAME.fullmatch(name)
    if match is None or not is_safe(match["file"]):
        return None
    return Parcel(match["file"], int(match["fence"]), int(match["offset"]), size)


def is_safe(file: str) -> bool:
    """Whether a relative path stays within its folder, whoever wrote it down."""
    parts = file.split("/")
    return not file.startswith("/") and "\0" not in file and not any(part in {"", ".", ".."} for part in parts)


def laid_out(parcels: Iterable[Parcel]) -> Mapping[str, Sequence[Part]]:
    """Each file's parts, in order and without a hole: it ends where a parcel is missing.

    Under each fence the file goes on where that fence began to write, whatever an older one has there.
    """
    files: dict[str, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        files[parcel.file].append(parcel)
    return {file: _one(sorted(known)) for file, known in sorted(files.items())}


def _one(parcels: Sequence[Parcel]) -> Sequence[Part]:
    parts: list[Part] = []
    fence = 0
    for parcel in parcels:
        if parcel.fence != fence:
            fence = parcel.fence
            parts = _up_to(parts, parcel.offset)
        if length(parts) == parcel.offset:
            parts.append(Part(parcel, parcel.size))
    return parts


def _up_to(parts: Sequence[Part], end: int) -> list[Part]:
    kept = [part for part in parts if part.parcel.offset < end]
    if kept and length(kept) > end:
        last = kept.pop()
        kept.append(Part(last.parcel, end - last.parcel.offset))
    return kept


def length(parts: Sequence[Part]) -> int:
    """How long (bytes) a file is that is laid out of these parts."""
    return parts[-1].parcel.offset + parts[-1].size if parts else 0
