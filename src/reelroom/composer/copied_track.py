"""A camera's track file as a film copies from it: its H.264 pictures, and what each of them needs."""

from bisect import bisect_right
from collections.abc import Sequence

from reelroom.composer.h264 import NotCopyable, ParameterSets, annex_b, head_of, parameter_sets, units_of
from reelroom.composer.h264_bits import EndOfBits
from reelroom.composer.reading import VideoReader
from reelroom.cutting.copied import Sample
from reelroom.layouts.names import Size

_ROUNDED = 1  # ms; a time that was rounded twice


class CopiedTrack:
    """Of the file that `reader` reads, for films of `size`; asked for samples with rising numbers."""

    def __init__(self, reader: VideoReader, name: str, size: Size) -> None:
        self._reader, self._name, self._size = reader, name, size
        self._sets: ParameterSets | None = None
        self._looked = False
        self._last: tuple[int, int] | None = None  # the sample looked at last, and the frame number before the next
        self._units: dict[int, tuple[list[bytes], bool]] = {}  # those looked at; whether each is an IDR picture

    @property
    def copyable(self) -> bool:
        """Whether its pictures are such as the film has; known once its first block is written."""
        if not self._looked and self._reader.file.codec_private:
            self._looked = True
            try:
                sets = parameter_sets(self._reader.file.codec_private)
                self._sets = sets if (sets.width, sets.height) == (self._size.width, self._size.height) else None
            except NotCopyable:
                self._sets = None
        return self._sets is not None

    def up_to(self, ms: int) -> int:
        """The number after that of the last sample at or before `ms`."""
        return self._reader.file.last_at(ms) + 1

    def entry(self, first: int, end: int) -> int:
        """The last keyframe in [first, end); `end` where there is none."""
        found = self._reader.file.keyframe_at(end - 1) if end > 0 else -1
        return found if found >= first else end

    def samples(self, first: int, end: int, started: int, lost: Sequence[int]) -> list[Sample]:
        """Those in [first, end), where tick 0 is at `started` (µs of room time); `lost`: when (ms) packets were."""
        assert self._sets is not None
        self._units.clear()
        return [self._sample(number, started, lost) for number in range(first, end)]

    def _sample(self, number: int, started: int, lost: Sequence[int]) -> Sample:
        assert self._sets is not None
        times = self._reader.file.times
        at = started + times[number] * 1000
        before, self._last = self._last, None
        try:
            units = list(units_of(self._reader.frame(number) or b""))
            head = head_of(units, self._sets)
        except EndOfBits:
            return Sample(self._name, number, at, enters=False, follows=False)
        if not head.is_plain:
            return Sample(self._name, number, at, enters=False, follows=False)
        self._units[number] = units, head.is_idr
        most = 1 << self._sets.frame_number_bits
        follows = (
            before is not None
            and before[0] == number - 1
            and not head.is_idr
            and head.frame_number == (before[1] + 1) % most
            and bisect_right(lost, times[number - 1] + _ROUNDED) == bisect_right(lost, times[number] + _ROUNDED)
        )
        if head.is_idr or follows:
            kept = head.frame_number if head.is_reference else (head.frame_number - 1) % most
            self._last = number, kept
        return Sample(self._name, number, at, enters=head.is_idr, follows=follows)

    def access_unit(self, sample: Sample) -> bytes:
        """One of the samples asked for last, as Annex B; what a decoder begins with has its parameter sets."""
        units, is_idr = self._units[sample.number]
        return annex_b(units, self._sets if is_idr else None)
