"""The film file: H.264 or AAC or both, in an MP4 that is playable at every moment of its making."""

import os
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np

from reelroom.composer.faststart import index_first
from reelroom.composer.film_format import VideoPacket, configure_h264
from reelroom.composer.pieces import Encoding, PieceEncoder
from reelroom.composer.reading import SAMPLE_RATE, Samples
from reelroom.composer.text_tracks import Chapter
from reelroom.files.durable import sync_folder

_MICROSECOND = Fraction(1, 1_000_000)
_FRAGMENT = 2_000_000  # µs of a film of sound alone that a crash may take


class Film:
    """Writes `path` under a temporary name; `close` makes it whole and gives it its own.

    Pictures are yuv420p, as many a second as the look has; sound is float32 of shape (2, n) at 48 kHz.
    Without a `look` the film has no pictures; only what it has may be appended. `about` are tags, such as `title`.
    Raises OSError when the disk says no.
    """

    def __init__(
        self,
        path: Path,
        look: Encoding | None,
        *,
        has_audio: bool = True,
        about: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self._look = look
        self.partial = path.with_name(path.name + ".partial")
        self.pictures = 0  # made, taken over and copied
        self.samples = 0
        # delay_moov: the edit lists, which say where picture and sound start, are known only after the first packets
        options = {"movflags": "+hybrid_fragmented+delay_moov", "flush_packets": "1"}
        if look is None:  # else a fragment ends with each keyframe
            options["frag_duration"] = str(_FRAGMENT)
        self._container = av.open(str(self.partial), "w", format="mp4", options=options)
        self._container.metadata.update(about or {})
        self._chapters: list[Chapter] = []
        self._video: av.VideoStream | None = None
        self._audio: av.AudioStream | None = None
        if look is not None:
            # The stream's own encoder encodes nothing: it stands for those of the pieces, whose headers are the same.
            self._video = self._container.add_stream("libx264", rate=look.rate)
            configure_h264(self._video.codec_context, look.width, look.height, look.options(), look.rate)
            if look.copies:
                self._video.codec_context.codec_tag = "avc3"  # parameter sets come with keyframes, and are not alike
                self._video.time_base = Fraction(1, look.clock)
        if has_audio:
            self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE)
            self._audio.codec_context.layout = "stereo"
            self._audio.codec_context.bit_rate = 128_000
        self._piece: PieceEncoder | None = None
        self._step = 0  # of the film's pictures, were none copied: where the encoder stands
        self._container.start_encoding()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()

    def picture(self, picture: av.VideoFrame) -> None:
        """Append one picture."""
        assert self._look is not None
        if self._piece is None or self._step % self._look.piece == 0:
            self._finish_piece()
            self._piece = PieceEncoder(self._look, self._step)
        self._mux(self._piece.encode(picture))
        self.pictures += 1
        self._step += 1

    def take_over(self, packets: Sequence[VideoPacket]) -> None:
        """Append what is shown for the time of one picture and was encoded elsewhere, by its times in the film."""
        self._finish_piece()
        self._mux(packets)
        self.pictures += len(packets)
        self._step += 1

    def moment(self, packet: VideoPacket) -> int:
        """When a packet's picture is shown, in µs from the start of the film."""
        assert packet.pts is not None and packet.time_base is not None
        return round(packet.pts * packet.time_base / _MICROSECOND)

    def glimpse(self, keyframe: VideoPacket) -> av.VideoFrame:
        """The picture of a keyframe that was encoded elsewhere."""
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext) and self._video is not None
        if self._look is not None and not self._look.copies:  # else the keyframe has its own
            decoder.extradata = self._video.codec_context.extradata
        decoder.thread_count = 1
        return [*decoder.decode(av.Packet(bytes(keyframe))), *decoder.decode(None)][0]

    def _finish_piece(self) -> None:
        if self._piece is not None:
            self._mux(self._piece.finish())
            self._piece = None

    def _mux(self, packets: Iterable[VideoPacket]) -> None:
        assert self._video is not None
        for packet in packets:
            packet.stream = self._video
            self._container.mux(packet)

    def sound(self, samples: Samples) -> None:
        """Append sound; any number of samples."""
        if samples.shape[1] == 0:
            return
        assert self._audio is not None
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = self.samples, Fraction(1, SAMPLE_RATE)
        self.samples += samples.shape[1]
        self._container.mux(self._audio.encode(frame))

    def chapters(self, chapters: Iterable[Chapter]) -> None:
        """What the film's chapters are: some players find them in a list (Nero's), some in a track (QuickTime's)."""
        self._chapters = list(chapters)
        self._container.set_chapters(
            [
                {
                    "id": index,
                    "start": chapter.start,
                    "end": chapter.end,
                    "time_base": _MICROSECOND,
                    "metadata": {"title": chapter.title},
                }
                for index, chapter in enumerate(self._chapters)
            ]
        )

    def close(self) -> None:
        """Finish the file, bring its index to its front, sync it and give it its name."""
        self._finish_piece()
        if self._audio is not None:
            self._container.mux(self._audio.encode(None))
        self._container.close()
        index_first(self.partial, self._chapters)
        descriptor = os.open(self.partial, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self.partial.replace(self.path)
        sync_folder(self.path.parent)
