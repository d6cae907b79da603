"""One microphone's sound, placed in room time without a click: its gaps filled, its clock followed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from reelroom.composer.concealing import MEMORY, continued, faded_in, faded_out, stretched
from reelroom.composer.reading import ENCODER_DELAY_US, SAMPLE_RATE, AudioReader, Samples

_ROUNDING_MS = 2  # a file's times are whole ms
_CONCEALED_MS = 60  # what is missing up to here is made up; of longer gaps, the ends are softened
# A voice that flows follows its clock by so little that nobody hears it: one sample in 200, half a per cent, and not
# at all below a ms. Where it is off by more than 120 ms it is placed anew.
_FOLLOWS = 200
_ENOUGH = SAMPLE_RATE // 1000
_COMES = SAMPLE_RATE // 100  # how long a voice takes to come where it is chosen, or to go
_ANEW = SAMPLE_RATE * 120 // 1000


def sample_at(us: int) -> int:
    """The sample (48 kHz) that is due `us` after the start of the film."""
    return us * SAMPLE_RATE // 1_000_000


@dataclass
class Voice:
    """One audio file; `start_us()` is the time, from the start of the film, of the file's tick 0."""

    reader: AudioReader
    start_us: Callable[[], int | None]
    track: str = ""  # its id
    file: str = ""  # its name in the take
    gaps: int = 0  # that loss left, and that were too long to be filled
    concealed_ms: int = 0  # of loss that was filled
    _end: int | None = None  # the sample after the last one placed
    _ended_ms: float = 0.0  # the same place on the file's clock
    _follows: bool = False  # the clock, until it is met
    _past: Samples = field(default_factory=lambda: np.zeros((2, 0), dtype=np.float32))  # placed last
    _over: Samples | None = None  # what fades out where the next piece begins
    _soft: bool = True  # the next piece has nothing before it
    _pieces: list[tuple[int, Samples]] = field(default_factory=list)
    _was_wanted: bool = True

    def mix_if(self, wanted: bool, mix: Samples, start: int) -> None:
        """As `mix_into` where this voice is wanted; it comes and goes softly."""
        if wanted and self._was_wanted:
            self.mix_into(mix, start)
        elif wanted or self._was_wanted:
            alone: Samples = np.zeros_like(mix)
            self.mix_into(alone, start)
            gain = np.zeros(mix.shape[1], dtype=np.float32)
            ramp = min(_COMES, len(gain))
            gain[:ramp] = np.linspace(1, 0, ramp, dtype=np.float32)
            mix += alone * (1 - gain if wanted else gain)
        self._was_wanted = wanted

    def mix_into(self, mix: Samples, start: int) -> None:
        """Add this voice's samples [start, start + n) to `mix`; what was mixed is forgotten."""
        end = start + mix.shape[1]
        self.reader.file.poll()
        self._read_until(start, end)
        keep: list[tuple[int, Samples]] = []
        for at, piece in self._pieces:
            low, high = max(at, start), min(at + piece.shape[1], end)
            if low < high:
                mix[:, low - start : high - start] += piece[:, low - at : high - at]
            if at + piece.shape[1] > end:
                keep.append((at, piece))
        self._pieces = keep

    def _read_until(self, start: int, end: int) -> None:
        origin = self.start_us()
        if origin is None:
            return
        origin -= ENCODER_DELAY_US
        self.reader.punctuality.ask(self.reader.file.times, (end * 1_000_000 // SAMPLE_RATE - origin) // 1000)
        if self._end is None or self._end < start - SAMPLE_RATE:  # the first sound, or a stretch left out
            self.reader.skip_to((start * 1_000_000 // SAMPLE_RATE - origin) // 1000)
            self._end, self._soft, self._over = None, True, None
        while self._end is None or self._end < end:
            ms = self.reader.next_ms()
            if ms is None:
                self._fall_silent()
                return
            due = sample_at(origin + ms * 1000)
            if not self._bridge(ms, due) and due >= end:
                return
            self._place(ms, due)

    def _bridge(self, ms: int, due: int) -> bool:
        """Fill what is missing before the block at `ms`; False where a pause stays before it."""
        if self._end is None:
            return False
        missing = ms - self._ended_ms
        flows = abs(missing) <= _ROUNDING_MS and not self._soft
        if not flows and 0 < missing <= _CONCEALED_MS and not self._soft and abs(due - self._end) < _ANEW:
            count = round(missing * SAMPLE_RATE / 1000)
            made_up = continued(self._past, count + SAMPLE_RATE // 100)
            self._append(made_up[:, :count])
            self._over = made_up[:, count:]
            self._ended_ms = ms
            self.concealed_ms += round(missing)
            flows = True
        if flows and abs(due - self._end) < _ANEW:
            return True
        self._fall_silent()
        return False

    def _fall_silent(self) -> None:
        """End softly; what was placed stays, what comes next begins softly."""
        if self._end is not None and not self._soft:
            end = self._end
            self._pieces.append((end, faded_out(self._past)))
            self._soft = True

    def _place(self, ms: int, due: int) -> None:
        lost = self.reader.lost_before_next()
        piece = self.reader.read()
        if piece.shape[1] == 0:
            return  # damaged: as if it had been lost
        length_ms = piece.shape[1] * 1000 / SAMPLE_RATE
        if self._soft or self._end is None:
            self.gaps += bool(lost and self._past.shape[1])
            begin = due if self._end is None else max(due, self._end)
            self._ended_ms = ms + length_ms
            if begin - due >= piece.shape[1]:
                return  # what comes before lasts longer
            piece = faded_in(piece[:, begin - due :])
            self._end = begin
        else:
            piece = self._following(piece, due - self._end)
            if self._over is not None:
                piece = faded_in(piece, self._over)
        self._over, self._soft = None, False
        self._append(piece)
        self._ended_ms = ms + length_ms

    def _following(self, piece: Samples, behind: int) -> Samples:
        """`piece`, made longer or shorter where the voice is `behind` samples early or late."""
        self._follows = abs(behind) > (4 if self._follows else _ENOUGH)
        if not self._follows:
            return piece
        most = max(1, piece.shape[1] // _FOLLOWS)
        return stretched(piece, max(-most, min(most, behind)))

    def _append(self, piece: Samples) -> None:
        assert self._end is not None
        self._pieces.append((self._end, piece))
        self._end += piece.shape[1]
        self._past = np.concatenate([self._past, piece], axis=1)[:, -MEMORY:]
