"""A take's tracks as one ZIP with a manifest: OpenTok's individual archives."""

import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from reelroom.cutting.chosen import chosen_spans
from reelroom.cutting.plan import Plan
from reelroom.cutting.ranges import Span
from reelroom.files.durable import sync_folder
from reelroom.opentok.stream_ids import stream_id
from reelroom.takes.clock import RoomClock
from reelroom.takes.events import Event, FileClosed, FileOpened, PacketTimed, ParticipantJoined, ParticipantRenamed
from reelroom.takes.folder import EventLog, Take
from reelroom.takes.missing import in_words
from reelroom.takes.offered import Offers
from reelroom.takes.stage import SCREEN

_CHUNK = 1 << 18
_ZIP64_FROM = 1 << 31  # bytes
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_VIDEO_TYPES = {"camera": "camera", "screen_share": "screen"}


@dataclass(frozen=True)
class TrackEntry:
    """A track file as the manifest names it; offsets in ms from the start of the archive."""

    streamId: str
    filename: str
    size: int
    startTimeOffset: int
    stopTimeOffset: int
    connectionData: str
    videoType: str | None


@dataclass(frozen=True)
class Manifest:
    """Whose tracks they are: what the manifest says of the archive. `created_at` in ms, the span in µs."""

    id: str
    name: str
    project: str
    session_id: str
    created_at: int
    start: int
    end: int


@dataclass(frozen=True)
class Package:
    """Files to pack, with the bytes of each that count, and their manifest."""

    label: Manifest
    files: tuple[tuple[Path, TrackEntry], ...]

    def manifest(self) -> bytes:
        """The JSON that lies in the ZIP as `<archiveId>.json`."""
        project = self.label.project
        content = {
            "id": self.label.id,
            "name": self.label.name,
            **({"partnerId": int(project)} if project.isdecimal() else {"applicationId": project}),
            "sessionId": self.label.session_id,
            "createdAt": self.label.created_at,
            "files": [asdict(entry) for _, entry in self.files],
        }
        return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"


@dataclass
class _File:
    opened: FileOpened
    ticks: int = 0


def package(take: Take, label: Manifest, plan: Plan | None = None) -> Package:
    """The track files of a take that hold something of the archive, as they are on disk now. Blocking.

    With a `plan`, those alone that hold what it asks for: sound, pictures, streams while they are chosen.
    """
    clock = RoomClock()
    names: dict[str, str] = {}
    data: dict[str, str] = {}
    files: dict[str, _File] = {}
    events = EventLog(take.events_path).poll()
    for event in events:
        clock.feed(event)
        _note(event, names, files)
        if isinstance(event, ParticipantJoined) and event.data:
            data[event.participant] = event.data
    wanted = _wanted(events, files, label, plan)
    spans = {
        name: (start, start + known.ticks * 1_000_000 // known.opened.clock_rate)
        for name, known in files.items()
        if (start := clock.start_us(name)) is not None
    }
    chosen: list[tuple[Path, TrackEntry]] = []
    for name, (start, stop) in spans.items():
        known, path = files[name], take.folder / name
        if not path.is_file():
            continue
        if not any(start < span_end and stop >= begin for begin, span_end in wanted.get(name, ())):
            continue
        entry = TrackEntry(
            streamId=stream_id(_stream_of(name, files, spans)),
            filename=path.name,
            size=path.stat().st_size,
            startTimeOffset=(start - label.start) // 1000,
            stopTimeOffset=(stop - label.start) // 1000,
            connectionData=data.get(known.opened.participant) or names.get(known.opened.participant, ""),
            videoType=_VIDEO_TYPES.get(known.opened.source, "custom") if known.opened.kind == "video" else None,
        )
        chosen.append((path, entry))
    return Package(label, tuple(chosen))


def missing_in(take: Take, start: int, end: int) -> str:
    """What of [start, end), µs of room time, no track of a take holds, in words; "" when all is there. Blocking."""
    offers = Offers()
    for event in EventLog(take.events_path).poll():
        if event.at <= end:
            offers.feed(event)
    return in_words(offers.interrupted(start, end) + offers.not_recorded(start, end), offers.names, start)


def _stream_of(name: str, files: Mapping[str, _File], spans: Mapping[str, Span]) -> str:
    """The track that a file's stream goes by: for sound, that of the picture which its publisher sent meanwhile."""
    own, (start, stop) = files[name].opened, spans[name]
    for other, (begin, end) in spans.items():
        there = files[other].opened
        same = there.participant == own.participant and (there.source in SCREEN) == (own.source in SCREEN)
        if own.kind == "audio" and there.kind == "video" and same and start < end and begin < stop:
            return there.track
    return own.track


def _wanted(
    events: Sequence[Event], files: Mapping[str, _File], label: Manifest, plan: Plan | None
) -> Mapping[str, Sequence[Span]]:
    """In which spans, within that of the archive, each file has what the plan asks for."""
    kept = files
    if plan is not None:
        kinds = {"audio": plan.has_audio, "video": plan.has_video}
        kept = {name: known for name, known in files.items() if kinds[known.opened.kind]}
    if plan is None or not plan.streams:
        return dict.fromkeys(kept, ((label.start, label.end),))
    spans = chosen_spans(events, plan, label.end)
    return {
        name: [(max(begin, label.start), end) for begin, end in spans.get(name, ()) if end > label.start]
        for name in kept
    }


def _note(event: Event, names: dict[str, str], files: dict[str, _File]) -> None:
    match event:
        case ParticipantJoined() | ParticipantRenamed():
            names[event.participant] = event.name
        case FileOpened():
            files[event.file] = _File(event)
        case PacketTimed() | FileClosed() if known := files.get(event.file):
            known.ticks = max(known.ticks, event.ticks)


class _Sink(io.RawIOBase):
    """What zipfile writes to when a ZIP goes out as it is made: no seeking back."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def drain(self) -> Iterator[bytes]:
        """What was written since the last call."""
        chunks, self._chunks = self._chunks, []
        yield from chunks


def zip_chunks(packed: Package) -> Iterator[bytes]:
    """The ZIP, stored, a piece at a time: nothing of it is held in memory or on disk. Blocking."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{packed.label.id}.json", _EARLIEST), packed.manifest())
        yield from sink.drain()
        for path, entry in packed.files:
            about = zipfile.ZipInfo(entry.filename, _EARLIEST)
            with path.open("rb") as file, archive.open(about, "w", force_zip64=entry.size >= _ZIP64_FROM) as packing:
                for chunk in _first(file, entry.size):
                    packing.write(chunk)
                    yield from sink.drain()
            yield from sink.drain()
    yield from sink.drain()


def _first(file: IO[bytes], count: int) -> Iterator[bytes]:
    while count > 0 and (chunk := file.read(min(_CHUNK, count))):
        count -= len(chunk)
        yield chunk


def write_zip(packed: Package, path: Path) -> None:
    """Write the ZIP as `path`, under a temporary name until it is whole. Raises OSError. Blocking."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            for chunk in zip_chunks(packed):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)
    sync_folder(path.parent)
