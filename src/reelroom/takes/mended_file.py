"""A track file whose blocks lie at the times they should have, wherever its sender's clock did not run with time."""

from array import array
from bisect import bisect_right, insort
from pathlib import Path

from reelroom.takes.matroska import TrackFile
from reelroom.takes.mending import Mending

_NEAR = 500  # ms about what is known of the first block of a stretch
_BACK = 20  # ms; what goes back by less is rounding, or one of two keyframes that are one tick apart
# ms; a picture that is shown before one that was sent earlier is shown so much earlier, at 120 pictures a second
_REORDERED = 5
_MOST_REORDERED = 1000  # ms; what goes back by more is a clock that was set back


class MendedFile:
    """As `TrackFile`, but `times`, in ms, are mended once `mend` has told how; then they never decrease.

    Pictures that `may_reorder` are sent in another order than they are shown in where an encoder has B-frames; then
    their `times` do decrease, by less than a second. Blocks are in the order of sending all the same.

    Raises FileNotFoundError when there is no such file.
    """

    def __init__(self, path: Path, *, may_reorder: bool = False) -> None:
        self._file = TrackFile(path)
        self.times = self._file.times
        self._mending = Mending(1)
        self._begins: list[int] = []  # the index of the first block of each stretch that has begun
        self._may_reorder = may_reorder
        self.reordered = False  # blocks are not in the order of their times
        self._sorted: list[tuple[int, int]] = []  # time, index of each block, once they are reordered
        self._looked_at = 0  # so many blocks, for whether they are

    def __len__(self) -> int:
        return len(self.times)

    @property
    def codec_private(self) -> bytes:
        return self._file.codec_private

    @property
    def corrupt(self) -> str:
        return self._file.corrupt

    def poll(self) -> int:
        """Index the blocks that were written since the last call; returns how many."""
        found = self._file.poll()
        if self._mending.stretches:
            self._place()
        self._sort()
        return found

    def mend(self, mending: Mending) -> int:
        """Place the blocks anew; returns the index of the first that lies elsewhere now, or their number."""
        old, new = self._mending.stretches, mending.stretches
        pairs = enumerate(zip(old, new, strict=False))
        alike = next((index for index, (was, now) in pairs if was != now), min(len(old), len(new)))
        before, self._mending = self.times, mending
        # From where the last stretch begins that is the same as before: the next may begin anywhere after that.
        started = self._begins[:alike]
        first = 0 if alike == 0 else started[-1] if len(started) == alike else len(before)
        self._begins, self.times = started, array("q", before[:first])
        if new:
            self._place()
        else:
            self.times = self._file.times
        self.reordered, self._looked_at = False, 0
        self._sorted.clear()
        self._sort()
        moved = (index for index in range(first, len(before)) if before[index] != self.times[index])
        return next(moved, len(before))

    def _place(self) -> None:
        """Give times to the blocks that have none yet."""
        said, times, stretches = self._file.times, self.times, self._mending.stretches
        last = times[-1] if times else 0
        for index in range(len(times), len(said)):
            while len(self._begins) < len(stretches) and self._begins_at(index):
                self._begins.append(index)
            time = self._mended(said[index])
            if not self._may_reorder or not _REORDERED < last - time < _MOST_REORDERED:
                last = time = max(last, time)
            times.append(time)

    def _begins_at(self, index: int) -> bool:
        """Whether the next stretch begins with a block."""
        stretch = self._mending.stretches[len(self._begins)]
        said, first = self._file.times, round(stretch.ticks * 1000 / self._mending.rate)
        if not stretch.goes_back:
            return said[index] >= first
        return index > 0 and said[index] < said[index - 1] - _BACK and abs(said[index] - first) < _NEAR

    def _mended(self, ms: int) -> int:
        """When a block should be, in the stretch that began last."""
        if not self._begins:
            return ms
        stretch = self._mending.stretches[len(self._begins) - 1]
        return self._mending.worth_us(ms * self._mending.rate // 1000, stretch) // 1000

    def _sort(self) -> None:
        """Learn of the order of the blocks that came."""
        if not self._may_reorder:
            return
        times = self.times
        if not self.reordered:
            back = range(max(1, self._looked_at), len(times))
            self.reordered = any(_REORDERED < times[at - 1] - times[at] < _MOST_REORDERED for at in back)
            self._looked_at = len(times)
        if self.reordered:
            for index in range(len(self._sorted), len(times)):
                insort(self._sorted, (times[index], index))

    def payload(self, index: int) -> bytes:
        """The encoded frame in block `index`."""
        return self._file.payload(index)

    def last_at(self, ms: int) -> int:
        """The index of the last block at or before `ms`; -1 when there is none."""
        if not self.reordered:
            return bisect_right(self.times, ms) - 1
        found = bisect_right(self._sorted, (ms, len(self.times)))
        return self._sorted[found - 1][1] if found else -1

    def next_shown(self, index: int) -> int | None:
        """The index of the block whose time follows that of block `index`; None when none is known."""
        if not self.reordered:
            return index + 1 if index + 1 < len(self.times) else None
        found = bisect_right(self._sorted, (self.times[index], index)) if index >= 0 else 0
        return self._sorted[found][1] if found < len(self._sorted) else None

    def keyframe_at(self, index: int) -> int:
        """The index of the last keyframe at or before block `index`; -1 when there is none."""
        return self._file.keyframe_at(index)

    def is_keyframe(self, index: int) -> bool:
        """Whether block `index` can be decoded without those before it."""
        return self._file.is_keyframe(index)

    def close(self) -> None:
        """Close the file; the index stays."""
        self._file.close()
