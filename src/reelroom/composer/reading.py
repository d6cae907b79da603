"""Decoded pictures and sound of single track files, at asked-for times within the file."""

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.codec.context import CodecContext, Flags
from numpy.typing import NDArray

from reelroom.composer.decoding import Decoding, named
from reelroom.composer.opening import Opening
from reelroom.composer.sizes import MOST_PIXELS, vp9_too_large
from reelroom.takes.events import Codec
from reelroom.takes.mended_file import MendedFile
from reelroom.takes.mending import Mending

SAMPLE_RATE = 48_000
# FFmpeg's own VP9 decoder shows every spatial layer of a picture, libvpx the picture. Its own Opus decoder gives the
# sound of a packet partly with the next one, libopus all of it.
_DECODERS = {"vp8": "vp8", "vp9": "libvpx-vp9", "h264": "h264", "av1": "libdav1d", "opus": "libopus"}
_EARLY = 12  # ms by which a picture may be shown before its time rather than repeat the one before it
_MOST_KEPT_BACK = 16  # pictures, by a decoder that shows them in another order (H.264, annex A.3.1)
_SMALLEST = 16  # pixels; the engine ends a video track with blank pictures of 2x2 or 8x8
_MOST_OPUS_MS = 120  # the longest Opus packet, RFC 6716 section 3.2.5
# By how much what libopus encodes comes out late: 312 samples (RFC 7845, section 4.2, calls it pre-skip). Takes
# have a pre-skip of 0, so that ticks are samples.
ENCODER_DELAY_US = 6_500

# What libav, and PyAV around it, make of packets that nobody should have sent. Memory is refused beyond a limit.
UNDECODABLE = (av.FFmpegError, ArithmeticError, LookupError, MemoryError, NotImplementedError, TypeError, ValueError)

Samples = NDArray[np.float32]  # shape (2, n), 48 kHz, -1 to 1


def _stereo(frame: av.AudioFrame) -> Samples:
    """A decoded frame as float32 of shape (2, n)."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, 2).T
    full = np.float32(32768 if samples.dtype == np.int16 else 1)
    return np.asarray(samples.astype(np.float32, copy=False) / full, dtype=np.float32)


@dataclass
class Punctuality:
    """Notes the first block of a file that reached the disk only after its time had been asked for."""

    late: int | None = None  # its time in ms
    _known: int = 0
    _asked: int | None = None

    def ask(self, times: Sequence[int], ms: int) -> None:
        """All blocks up to `ms` are wanted now; `times` are those of the blocks that are there."""
        if self.late is None and self._asked is not None and len(times) > self._known:
            first = min(times[self._known : self._known + _MOST_KEPT_BACK])
            self.late = first if first <= self._asked else None
        self._known = len(times)
        self._asked = ms if self._asked is None else max(ms, self._asked)

    def spoil(self, ms: int) -> None:
        """What lies at `ms` turns out to be another than what was read."""
        if self._asked is not None and ms <= self._asked and (self.late is None or ms < self.late):
            self.late = ms


def _place_anew(file: MendedFile, mending: Mending, punctuality: Punctuality) -> None:
    before = len(file), file.times
    moved = file.mend(mending)
    if moved < before[0]:
        punctuality.spoil(min(before[1][moved], file.times[moved]))


# What a frame of Opus lasts, in µs, by the upper five bits of a packet's first byte (RFC 6716, section 3.1).
_OPUS_FRAMES = [*(10_000, 20_000, 40_000, 60_000) * 3, *(10_000, 20_000) * 2, *(2_500, 5_000, 10_000, 20_000) * 4]


def opus_packet_us(packet: bytes) -> int | None:
    """What a packet of Opus lasts; None where it says nothing that may be."""
    if not packet:
        return None
    code = packet[0] & 3
    if code == 3 and len(packet) < 2:
        return None
    lasts = _OPUS_FRAMES[packet[0] >> 3] * (packet[1] & 63 if code == 3 else 1 if code == 0 else 2)
    return lasts if 0 < lasts <= _MOST_OPUS_MS * 1000 else None


def _silence_of(packet: bytes) -> Samples:
    """As long as the packet lasts."""
    lasts = opus_packet_us(packet) or 20_000
    return np.zeros((2, lasts * SAMPLE_RATE // 1_000_000), dtype=np.float32)


class VideoReader:
    """The picture of a video track at a time; decodes forward, and enters at a keyframe."""

    def __init__(
        self, path: Path, codec: Codec, *, sealed: bool = False, decoding: Decoding | None = None, name: str = ""
    ) -> None:
        """`name` is the file's within the take, for `decoding`, which may leave it out."""
        self.file = MendedFile(path, may_reorder=codec == "h264")
        self.codec = codec
        self._decoding, self._name = decoding or Decoding(), named(name)
        self.left_out = name in self._decoding.left_out
        self._decoder: av.VideoCodecContext | None = None
        self._decoded = -1  # index of the last block given to the decoder
        self._shown = -1  # index of the block that was asked for last
        self._ahead: deque[tuple[int, av.VideoFrame]] = deque()  # ms; decoded before their time, in order
        self._reorders = False  # the decoder keeps pictures back, to put them in order
        self._picture: av.VideoFrame | None = None
        self.picture_ms = 0  # the time of the last picture that was decoded
        self._stalled = False  # the decoder could do nothing with what it was given last
        self.errors = 0
        self.punctuality = Punctuality()
        self._opening = Opening(self.file, codec, encrypted=sealed, key=self._decoding.key)
        self.frozen = 0  # how often the picture asked for could not be decoded, and the one before stood for it

    @property
    def sealed(self) -> bool:
        """Whether the last frame was encrypted end to end, and is not to be shown."""
        return self._opening.sealed

    @property
    def was_sealed(self) -> bool:
        """Whether any frame was."""
        return self._opening.was_sealed

    def frame(self, index: int) -> bytes | None:
        """The encoded picture in block `index`, opened where it was encrypted; None where it cannot be."""
        return self._opening.frame(index)

    def mend(self, mending: Mending) -> None:
        """Place the pictures anew in time; those that were shown cannot be shown otherwise any more."""
        _place_anew(self.file, mending, self.punctuality)

    def forget(self) -> None:
        """Forget what was decoded: the next picture is entered at its keyframe."""
        self._decoder, self._picture, self._decoded, self._stalled = None, None, -1, False
        self._shown = -1
        self._ahead.clear()

    def picture_at(self, ms: int) -> av.VideoFrame | None:
        """The last picture at or before `ms`; None before the first one. Times must not decrease.

        Where packets were lost the decoder goes on with what came, as players do: people move, and an edge of theirs
        may be smeared until the next keyframe. A picture that stood still for so long would be worse.
        """
        if self._reorders != self.file.reordered:
            self._reorders = self.file.reordered
            self.forget()
        target = self.file.last_at(ms)
        times = self.file.times
        self.punctuality.ask(times, ms)
        following = self.file.next_shown(target)
        if target == self._shown and following is not None and times[following] - ms <= _EARLY:
            target = following  # else, where camera and film run at one pace, pictures repeat and are skipped in turn
        if self._is_later(target):
            self._decode_up_to(target)
            self._shown = target
        self.frozen += self._stalled and self._picture is not None
        return self._picture

    def _is_later(self, index: int) -> bool:
        """Whether a block is shown after the one that was asked for last."""
        if not self._reorders or self._shown < 0 or index < 0:
            return index > self._shown
        return (self.file.times[index], index) > (self.file.times[self._shown], self._shown)

    def _decode_up_to(self, target: int) -> None:
        entry = self._entry_to(target)
        first = self._decoded + 1
        if entry > first:
            first, self._decoder = entry, None
            self._ahead.clear()
        for index in range(first, target + 1):
            self._decode(index)
        self._decoded = max(self._decoded, target)
        if self._reorders:
            self._take_out(target)

    def _entry_to(self, target: int) -> int:
        """The index of the last keyframe that is sent, and shown, at or before a block; -1 when there is none."""
        entry = self.file.keyframe_at(target)
        while self._reorders and entry > 0 and self.file.times[entry] > self.file.times[target]:
            entry = self.file.keyframe_at(entry - 1)
        return entry

    def _take_out(self, target: int) -> None:
        """Get the picture of a block from a decoder that keeps it back until those that follow are given to it.

        The last ones of a file stay in there: it may grow, and a picture stands still for as long as two last.
        """
        wanted = self.file.times[target]
        while not self._ahead or self._ahead[-1][0] < wanted:
            if self._decoded + 1 >= len(self.file) or self._decoded - target > _MOST_KEPT_BACK:
                break
            self._decoded += 1
            self._decode(self._decoded)
        while self._ahead and self._ahead[0][0] <= wanted:
            self.picture_ms, self._picture = self._ahead.popleft()
        self._stalled = self._picture is None or self.picture_ms < wanted

    def _decode(self, index: int) -> None:
        if self.left_out:
            return
        payload = self._opening.frame(index)
        if payload is None:
            self._picture, self._decoder = None, None
            self._ahead.clear()
        if not payload:
            return
        self._stalled = True
        self._decoding.begins(self._name)
        try:
            if self._decoder is None:
                self._decoder = self._new_decoder()
            if self.codec == "vp9" and vp9_too_large(payload):
                self.errors += 1
                return
            packet = av.Packet(payload)
            if self._reorders:
                packet.pts = index
            for frame in self._decoder.decode(packet):
                self.errors += frame.is_corrupt
                self._stalled = False
                if min(frame.width, frame.height) < _SMALLEST:
                    continue
                if self._reorders:
                    self._ahead.append((self.file.times[index if frame.pts is None else frame.pts], frame))
                else:
                    self._picture, self.picture_ms = frame, self.file.times[index]
        except UNDECODABLE:
            self.errors += 1
        finally:
            self._decoding.ended()

    def _new_decoder(self) -> av.VideoCodecContext:
        decoder = CodecContext.create(_DECODERS[self.codec], "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.thread_count = 1
        decoder.options = {"max_pixels": str(MOST_PIXELS)}  # what claims more is an error, before room is made for it
        if not self._reorders:
            decoder.flags |= Flags.low_delay  # what was encoded live hardly ever has pictures to put in another order
        if self.file.codec_private and self.codec != "vp8":
            decoder.extradata = self.file.codec_private
        return decoder

    def close(self) -> None:
        """Close the file and drop the decoder."""
        self._decoder = None
        self.file.close()


class AudioReader:
    """The sound of an Opus track, block by block, as stereo at 48 kHz."""

    def __init__(self, path: Path, *, sealed: bool = False, decoding: Decoding | None = None, name: str = "") -> None:
        """`name` is the file's within the take, for `decoding`, which may leave it out: then it is silent."""
        self.file = MendedFile(path)
        self._decoding, self._name = decoding or Decoding(), named(name)
        self.left_out = name in self._decoding.left_out
        self._next = 0
        self._losses: list[int] = []  # times in ms, in order
        self.punctuality = Punctuality()
        self.errors = 0
        self._opening = Opening(self.file, "opus", encrypted=sealed, key=self._decoding.key)
        decoder = CodecContext.create(_DECODERS["opus"], "r")
        assert isinstance(decoder, av.AudioCodecContext)
        decoder.sample_rate = SAMPLE_RATE
        decoder.layout = "stereo"
        self._decoder = decoder

    @property
    def was_sealed(self) -> bool:
        """Whether something was encrypted end to end, and is not to be heard."""
        return self._opening.was_sealed

    def mend(self, mending: Mending) -> None:
        """Place the sound anew in time; what was heard cannot be heard otherwise any more."""
        _place_anew(self.file, mending, self.punctuality)

    def packet_us(self, ms: int) -> int | None:
        """What the packet at `ms`, or the last one before it, lasts; None when there is none."""
        index = self.file.last_at(ms)
        return opus_packet_us(self.file.payload(index)) if index >= 0 else None

    def lost_before(self, ms: int) -> None:
        """Packets before the block at `ms` never came."""
        insort(self._losses, ms)

    def lost_before_next(self) -> bool:
        """Whether the next block comes after a loss, of which it was not said before."""
        found = bisect_right(self._losses, self.file.times[self._next])
        del self._losses[:found]
        return found > 0

    def skip_to(self, ms: int) -> None:
        """Leave out what ends before `ms`."""
        self._next = max(self._next, self.file.last_at(ms - _MOST_OPUS_MS), 0)

    def next_ms(self) -> int | None:
        """The time of the next block, or None when none has been written yet."""
        return self.file.times[self._next] if self._next < len(self.file) else None

    def read(self) -> Samples:
        """Decode the next block; nothing (n = 0) where it is damaged, silence where it is encrypted end to end."""
        index = self._next
        payload = self._opening.frame(index)
        self._next += 1
        if not payload or self.left_out:
            return _silence_of(self.file.payload(index))
        self._decoding.begins(self._name)
        try:
            parts = [_stereo(frame) for frame in self._decoder.decode(av.Packet(payload))]
        except UNDECODABLE:
            self.errors += 1
            parts = []
        finally:
            self._decoding.ended()
        if not parts:
            return np.zeros((2, 0), dtype=np.float32)
        return np.concatenate(parts, axis=1)

    def close(self) -> None:
        """Close the file."""
        self.file.close()
