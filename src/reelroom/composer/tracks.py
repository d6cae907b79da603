"""A take's track files, opened as its events tell of them, seen and heard in room time."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import av

from reelroom.composer.copied_track import CopiedTrack
from reelroom.composer.decoding import Decoding
from reelroom.composer.film_format import FPS
from reelroom.composer.mastering import Mastering
from reelroom.composer.reading import SAMPLE_RATE, AudioReader, Samples, VideoReader
from reelroom.composer.sound import Mixer
from reelroom.composer.voice import Voice
from reelroom.layouts.names import Size
from reelroom.takes.clock import RoomClock
from reelroom.takes.events import Event, FileOpened, PacketsLost, PacketTimed
from reelroom.takes.mending import Mending
from reelroom.takes.missing import lasting
from reelroom.takes.offered import STANDS_STILL


@dataclass(frozen=True)
class Damage:
    """What was not there to be shown or heard, or could not be decoded."""

    frozen_ms: int  # for how long a picture stood for those that could not be decoded, over all tiles
    concealed_ms: int  # of sound lost in short gaps, and made up
    gaps: int  # longer ones that loss left in a sound
    lost_packets: int
    damaged_video: int  # frames
    damaged_audio: int

    def in_words(self) -> str:
        """What of it is seen or heard, for people; "" when nothing is."""
        told = []
        if self.gaps:
            told.append(f"sound was lost in {self.gaps} place{'s' * (self.gaps > 1)}")
        if self.frozen_ms >= STANDS_STILL // 1000:
            told.append(f"pictures stood still for {lasting(self.frozen_ms * 1000)} in all after losses")
        return "; ".join(told)


class Tracks:
    """Fed events, it gives pictures and sound of about the moment they tell of.

    The film starts at `start` (µs), and has `rate` pictures a second. `mastering` says how loud each sound is to be;
    None: as loud as it was sent.
    """

    def __init__(
        self,
        folder: Path,
        start: int,
        rate: int = FPS,
        decoding: Decoding | None = None,
        mastering: Mastering | None = None,
    ) -> None:
        self._rate = rate
        self._decoding = decoding or Decoding()
        self._folder = folder
        self._start = start
        self._clock = RoomClock()
        self._mixer = Mixer()
        if mastering is not None:
            self._mixer.gains = lambda file, numbers: mastering.gains(
                file, numbers * 1_000_000 // SAMPLE_RATE + start
            )
        self._videos: dict[str, VideoReader] = {}
        self._voices: dict[str, tuple[Voice, int]] = {}  # file -> voice, clock rate
        self._copied: dict[str, CopiedTrack] = {}
        self._losses: dict[str, list[int]] = {}  # file -> ticks
        self._mended: set[str] = set()
        self._lost_packets = 0
        self.missing_files: list[str] = []

    def feed(self, event: Event) -> None:
        """Learn from one event; those that say nothing of tracks are passed over."""
        if isinstance(event, PacketTimed):
            self._measure(event)
        self._clock.feed(event)
        match event:
            case FileOpened():
                self._open(event)
            case PacketsLost() if event.at >= self._start:
                self._lost_packets += event.count

    def _measure(self, event: PacketTimed) -> None:
        """What a microphone's packets last tells how long their first sample had waited when they came."""
        mending = self._clock.mending(event.file)
        if event.file not in self._voices or mending is None:
            return
        reader = self._voices[event.file][0].reader
        reader.file.poll()
        ms = mending.mended(event.ticks, event.arrived) * 1000 // mending.rate
        if lasts := reader.packet_us(ms + 1):
            self._clock.packets_last(event.file, lasts)

    def _open(self, event: FileOpened) -> None:
        file, path = event.file, self._folder / event.file
        try:
            if event.kind == "video":
                self._videos[file] = VideoReader(
                    path, event.codec, sealed=event.encrypted, decoding=self._decoding, name=file
                )
                self._mend(file)
                return
            reader = AudioReader(path, sealed=event.encrypted, decoding=self._decoding, name=file)
        except OSError:
            self.missing_files.append(file)
            return
        voice = Voice(reader, lambda: self._since_start(file), event.track, file)
        self._voices[file] = voice, event.clock_rate
        self._mend(file)
        self._mark_losses(file)
        self._mixer.voices.append(voice)

    def foresee(self, event: Event) -> str | None:
        """Learn what counts as soon as it is known, whenever it was; returns the file whose clock was mended by it.

        That packets of a sound are missing: on a line with a long queue a loss is certain only when it should have
        been heard; a picture's decoder goes on by itself. And that a clock did not run with time: by what it says,
        its packets belong elsewhere.
        """
        if isinstance(event, PacketsLost):
            mending = self._clock.mending(event.file)
            ticks = mending.mended(event.ticks, event.at) if mending else event.ticks
            self._losses.setdefault(event.file, []).append(ticks)
            self._mark_losses(event.file)
        mended = self._clock.foresee(event)
        if mended is not None:
            self._mend(mended)
        return mended

    def mending(self, file: str) -> Mending | None:
        """What the ticks of a file are worth, as far as is known."""
        return self._clock.mending(file)

    def _mend(self, file: str) -> None:
        mending = self._clock.mending(file)
        if mending is None or (not mending.stretches and file not in self._mended):
            return
        self._mended.add(file)
        if file in self._videos:
            self._videos[file].mend(mending)
        elif file in self._voices:
            self._voices[file][0].reader.mend(mending)

    def _mark_losses(self, file: str) -> None:
        """Tell a sound's reader where packets are missing, once there is one."""
        if file in self._voices:
            voice, rate = self._voices[file]
            for ticks in self._losses.pop(file, ()):
                voice.reader.lost_before(round(ticks * 1000 / rate))

    def start_us(self, file: str) -> int | None:
        """Room time (µs) of a file's tick 0, as far as is known."""
        return self._clock.start_us(file)

    def _since_start(self, file: str) -> int | None:
        at = self._clock.start_us(file)
        return None if at is None else at - self._start

    def picture(self, file: str, moment: int) -> av.VideoFrame | None:
        """What the film shows of a video file at `moment` (µs of room time); None before its first picture."""
        started = self._clock.start_us(file)
        if file not in self._videos or started is None:
            return None
        reader = self._videos[file]
        reader.file.poll()
        middle = moment + 500_000 // self._rate  # of the time for which it is shown
        return reader.picture_at((middle - started) // 1000)

    def to_copy(self, file: str, until: int, size: Size) -> tuple[CopiedTrack, int, list[int]] | None:
        """A video file with pictures of `size` to be copied, as known up to `until` (µs); None where they cannot be.

        With it, the room time (µs) of its tick 0, and when (ms of the file) packets were lost.
        """
        started, reader = self._clock.start_us(file), self._videos.get(file)
        if reader is None or started is None or reader.codec != "h264" or reader.left_out:
            return None
        reader.file.poll()
        reader.punctuality.ask(reader.file.times, (until - started) // 1000)
        track = self._copied.setdefault(file, CopiedTrack(reader, file, size))
        lost = sorted(round(ticks / 90) for ticks in self._losses.get(file, ()))
        return (track, started, lost) if track.copyable else None

    def picture_time(self, file: str) -> int:
        """When (µs of room time) the picture that a video file gave last was taken."""
        return (self._clock.start_us(file) or 0) + self._videos[file].picture_ms * 1000

    def pictures_of(self, file: str) -> list[int]:
        """The times (µs of room time) of all pictures of a file, in order; none of one that is no video."""
        started = self._clock.start_us(file)
        if file not in self._videos or started is None:
            return []
        self._videos[file].file.poll()  # of who is not on screen, nobody has looked at the last ones
        return [started + ms * 1000 for ms in self._videos[file].file.times]

    def is_left_out(self, file: str) -> bool:
        """Whether a file is not decoded, since that ended a composer."""
        return file in self._decoding.left_out

    def left_out_files(self) -> list[str]:
        """Those that are there to be decoded, and are not."""
        return sorted(file for file in (*self._videos, *self._voices) if file in self._decoding.left_out)

    def is_sealed(self, file: str) -> bool:
        """Whether what a file holds now is encrypted end to end, so that it can be neither shown nor heard."""
        if file in self._videos:
            return self._videos[file].sealed
        return file in self._voices and self._voices[file][0].reader.was_sealed

    def sealed_files(self) -> list[str]:
        """Files of which something was encrypted end to end."""
        sealed = [file for file, reader in self._videos.items() if reader.was_sealed]
        return sorted(sealed + [file for file, (voice, _) in self._voices.items() if voice.reader.was_sealed])

    def forget_pictures(self) -> None:
        """The next pictures depend on nothing that was decoded before."""
        for reader in self._videos.values():
            reader.forget()

    def sound(self, start: int, count: int, heard: Collection[str] | None = None, end: int | None = None) -> Samples:
        """Samples [start, start + count), counted at 48 kHz from the start of the film: shape (2, count).

        `heard` are the ids of the tracks that are; None: all. The film has `end` samples, once that is known.
        """
        return self._mixer.mix(start, count, heard, end)

    def late_from(self) -> int | None:
        """From when on (µs of room time) something reached the disk too late to be shown or heard in its time."""
        files = [(file, reader.punctuality) for file, reader in self._videos.items()]
        files += [(file, voice.reader.punctuality) for file, (voice, _) in self._voices.items()]
        times = [
            started + punctuality.late * 1000
            for file, punctuality in files
            if punctuality.late is not None and (started := self._clock.start_us(file)) is not None
        ]
        return min(times, default=None)

    def damage(self) -> Damage:
        """What was missing so far."""
        videos = self._videos.values()
        voices = self._mixer.voices
        return Damage(
            frozen_ms=sum(reader.frozen for reader in videos) * 1000 // self._rate,
            concealed_ms=sum(voice.concealed_ms for voice in voices),
            gaps=sum(voice.gaps for voice in voices),
            lost_packets=self._lost_packets,
            damaged_video=sum(reader.errors for reader in videos),
            damaged_audio=sum(voice.reader.errors for voice in voices),
        )

    def close(self) -> None:
        """Close all track files."""
        for reader in self._videos.values():
            reader.close()
        for voice in self._mixer.voices:
            voice.reader.close()
