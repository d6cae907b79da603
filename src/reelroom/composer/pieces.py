"""A film is encoded in pieces of equal length that know nothing of each other, so that each can be made alone.

A piece begins with a keyframe and an encoder of its own, and what is drawn in it does not depend on what was drawn
before. So the pieces of a film that was torn can be taken over, and pieces can be made side by side, and the film
is the same to the last bit of its pictures.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, takewhile
from math import ceil
from pathlib import Path
from typing import Self

import av
from av.codec.context import Flags

from reelroom.composer.film_format import FPS, VideoPacket, configure_h264, due, new_packet
from reelroom.composer.h264 import LEVEL
from reelroom.cutting.plan import Plan
from reelroom.files.durable import write_durably

_PIECE_SECONDS = 30
_KEYFRAME_SECONDS = 2  # at most, from one to the next
COPIED_CLOCK = 90_000  # ticks a second of a film with pictures that are copied: cameras have times of their own
_OWN_SETS = 31  # the number of its parameter sets; cameras have low ones


@dataclass(frozen=True)
class Encoding:
    """How a film is encoded; sizes in pixels, `rate` in pictures a second.

    One that `copies` pictures of cameras has no B-frames, so that those it makes fit before and after them, and
    brings its parameter sets with each keyframe.
    """

    width: int
    height: int
    preset: str = "veryfast"
    max_bitrate: int | None = None  # bit/s
    quantization: int | None = None  # a constant rate factor
    rate: int = FPS
    copies: bool = False

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """As a plan asks for it."""
        bits, quantization = plan.max_bitrate, plan.quantization
        look = cls(plan.width, plan.height, max_bitrate=bits, quantization=quantization, rate=plan.rate)
        return replace(look, copies=plan.copies)

    @property
    def clock(self) -> int:
        """Ticks a second of its pictures' times."""
        return COPIED_CLOCK if self.copies else self.rate

    @property
    def piece(self) -> int:
        """How many pictures a piece has."""
        return self.rate * _PIECE_SECONDS

    def piece_of(self, picture: int) -> int:
        """The number of the piece that a film's picture belongs to."""
        return picture // self.piece

    def piece_at(self, packet: VideoPacket) -> int:
        """The same by the packet's time."""
        return self.piece_of(self.step_of(packet))

    def lasting(self, packet: VideoPacket) -> VideoPacket:
        """The packet, which lasts as long as usual if no other comes after it."""
        if self.copies:
            packet.duration = self.clock // self.rate
        return packet

    def step_of(self, packet: VideoPacket) -> int:
        """Which of the film's pictures it stands for; a copied one comes by up to half a picture sooner or later."""
        assert packet.pts is not None and packet.time_base is not None
        return ceil(packet.pts * packet.time_base * self.rate - Fraction(1, 2))

    def options(self) -> dict[str, str]:
        """libx264's own options."""
        options = {"preset": self.preset, "crf": "23", "g": str(self.rate * _KEYFRAME_SECONDS), "profile": "high"}
        if self.quantization is not None:
            options["crf"] = str(self.quantization)
        if self.max_bitrate is not None:  # averaged over a second
            options |= {"maxrate": str(self.max_bitrate), "bufsize": str(self.max_bitrate)}
        if self.copies:
            options |= {"bf": "0", "level": f"{LEVEL / 10}", "x264-params": f"sps-id={_OWN_SETS}"}
        return options


class PieceEncoder:
    """Encodes one piece; `first` is the number of its first picture in the film."""

    def __init__(self, look: Encoding, first: int) -> None:
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)
        configure_h264(codec, look.width, look.height, look.options(), look.rate)
        if not look.copies:
            codec.flags |= Flags.global_header
        self._codec = codec
        self._look = look
        self._next = first
        self._tick = Fraction(1, look.rate)

    def encode(self, picture: av.VideoFrame) -> list[VideoPacket]:
        """Take the next picture, yuv420p; returns the packets that are ready."""
        packets = self._codec.encode(due(picture, self._next, self._tick))
        self._next += 1
        return self._timed(packets)

    def finish(self) -> list[VideoPacket]:
        """The packets that were still held back."""
        return self._timed(self._codec.encode(None))

    def _timed(self, packets: list[VideoPacket]) -> list[VideoPacket]:
        """The same, by the film's clock."""
        if self._look.copies:
            each = self._look.clock // self._look.rate
            for packet in packets:
                packet.pts = packet.dts = (packet.pts or 0) * each
                packet.time_base = Fraction(1, self._look.clock)
                self._look.lasting(packet)
        return packets


class TornFilm:
    """The partial film of a composer that died: `pieces` of it are whole, or `most` of them are to be used."""

    def __init__(self, path: Path, look: Encoding, most: int | None = None) -> None:
        self.path = path
        self._look = look
        whole = self._whole()
        self.pieces = whole if most is None else min(most, whole)

    def _whole(self) -> int:
        """How many pieces are: where pictures are copied they have times of their own, and the last piece is not."""
        if not self._look.copies:
            return self._look.piece_of(sum(1 for _ in self._pictures()))
        return max((self._look.piece_at(packet) for packet in self._pictures()), default=0)

    def _pictures(self) -> Iterator[VideoPacket]:
        try:
            with av.open(str(self.path)) as container:
                for packet in container.demux(container.streams.video[0]):
                    if packet.pts is not None and packet.size:
                        yield packet
        except (av.FFmpegError, IndexError, OSError):
            return  # what was read until then counts

    def packets(self) -> Iterator[VideoPacket]:
        """The encoded pictures of the whole pieces, in the order of decoding, with their times in the film."""
        whole: Iterator[VideoPacket]
        if self._look.copies:
            whole = takewhile(lambda packet: self._look.piece_at(packet) < self.pieces, self._pictures())
        else:
            whole = islice(self._pictures(), self.pieces * self._look.piece)
        for packet in whole:
            again = new_packet(_with_start_codes(bytes(packet)))
            again.pts, again.dts, again.time_base = packet.pts, packet.dts, packet.time_base
            again.is_keyframe = packet.is_keyframe
            yield self._look.lasting(again)


class Made:
    """Packets that were encoded before, handed out step by step of a film; a step is the time of a picture."""

    def __init__(self, packets: Iterator[VideoPacket], look: Encoding) -> None:
        self._packets, self._look = packets, look
        self._next = next(packets, None)

    def at(self, number: int) -> list[VideoPacket] | None:
        """Those of step `number`; None once there are no more.

        Where pictures are copied a step may have any number, else each has one, in the order of decoding.
        """
        if self._next is None:
            return None
        if not self._look.copies:
            found, self._next = [self._next], next(self._packets, None)
            return found
        found = []
        while self._next is not None and self._look.step_of(self._next) <= number:
            found.append(self._next)
            self._next = next(self._packets, None)
        return found


def _with_start_codes(sample: bytes) -> bytes:
    """A sample of an MP4, in which lengths part the units, as the encoder gave it: with start codes (Annex B)."""
    units, at = bytearray(sample), 0
    while at < len(units):
        length = int.from_bytes(units[at : at + 4])
        units[at : at + 4] = b"\0\0\0\1"
        at += 4 + length
    return bytes(units)


def write_piece(path: Path, packets: Sequence[VideoPacket]) -> None:
    """Keep one piece: a line of JSON with each packet's times, kind and size, then the packets.

    A container would shift the times of a piece that does not begin at 0.
    """
    index = [(packet.pts, packet.dts, packet.is_keyframe, packet.size) for packet in packets]
    write_durably(path, json.dumps(index).encode() + b"\n" + b"".join(bytes(packet) for packet in packets))


def read_piece(path: Path, look: Encoding) -> Iterator[VideoPacket]:
    """The packets of a piece that `write_piece` kept."""
    tick = Fraction(1, look.clock)
    with path.open("rb") as file:
        for pts, dts, is_keyframe, size in json.loads(file.readline()):
            packet = new_packet(file.read(size))
            packet.pts, packet.dts, packet.time_base = pts, dts, tick
            packet.is_keyframe = is_keyframe
            yield look.lasting(packet)
