"""A take being cut: at each moment, the picture and the sound that the director's timeline asks for.

Everything is concluded from events up to `moment + look_ahead`, however many more are on disk, so that a film
cut behind a running room and one cut a year later from the same take come out the same.
"""

from collections import deque
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from reelroom.clock import RoomClock
from reelroom.composer.cards import name_card, name_label
from reelroom.composer.listening import Listening
from reelroom.composer.picture import Canvas
from reelroom.composer.reading import AudioReader, Samples, VideoReader
from reelroom.composer.sound import Mixer, Voice
from reelroom.director import Director, Rules
from reelroom.events import Event, FileClosed, FileOpened, PacketsLost, Source
from reelroom.layout import Box, fit
from reelroom.stage import Stage
from reelroom.take import EventLog, Take
from reelroom.timeline import Cut, Timeline, shots_between


@dataclass(frozen=True)
class Size:
    """A film's size in pixels."""

    width: int = 1280
    height: int = 720


class Scene:
    """Call `advance` with each moment in turn, then ask for its `picture` and `sound`."""

    def __init__(self, take: Take, rules: Rules, size: Size, start: int) -> None:
        self._take = take
        self._rules = rules
        self._start = start
        self._log = EventLog(take.events_path)
        self._pending: deque[Event] = deque()  # read, but not yet within the look-ahead
        self._ahead: deque[Event] = deque()  # known to clock and director, not yet on stage
        self._clock = RoomClock()
        self._director = Director(rules)
        self._stage = Stage()
        self._mixer = Mixer()
        self._listening = Listening(take.folder, self._clock.start_us, rules.ear())
        self._videos: dict[str, tuple[VideoReader, int]] = {}  # file -> reader, clock rate
        self._canvas = Canvas(size.width, size.height)
        self._last_pictures: dict[tuple[str, Source], av.VideoFrame] = {}
        self._drawn: tuple[av.VideoFrame | None, str] | None = None
        self._cut_index = -1
        self.missing_files: list[str] = []

    def advance(self, moment: int, end: int | None = None) -> None:
        """Learn what happened up to `moment` (µs of room time) plus the look-ahead, but not beyond `end`."""
        horizon = moment + self._rules.look_ahead
        self._pending.extend(self._log.poll())
        while self._pending and self._pending[0].at <= horizon:
            event = self._pending.popleft()
            if end is None or event.at <= end:
                self._learn(event)
        for speech in self._listening.listen(horizon if end is None else min(horizon, end)):
            self._director.feed(speech)
        self._director.advance(horizon)
        while self._ahead and self._ahead[0].at <= moment:
            self._stage.apply(self._ahead.popleft())
        self._stage.pass_time(moment)

    def _learn(self, event: Event) -> None:
        self._clock.feed(event)
        self._director.feed(event)
        self._ahead.append(event)
        match event:
            case FileOpened(kind="audio"):
                self._open_voice(event)
            case FileOpened():
                self._open_video(event)
            case FileClosed():
                self._listening.close(event)
            case PacketsLost() if event.file in self._videos:
                reader, rate = self._videos[event.file]
                reader.lost_before(round(event.ticks * 1000 / rate))

    def _open_voice(self, event: FileOpened) -> None:
        file = event.file
        try:
            reader = AudioReader(self._take.folder / file)
        except OSError:
            self.missing_files.append(file)
            return
        self._listening.open(event)
        self._mixer.voices.append(Voice(reader, lambda: self._since_start(file)))

    def _open_video(self, event: FileOpened) -> None:
        try:
            reader = VideoReader(self._take.folder / event.file, event.codec)
        except OSError:
            self.missing_files.append(event.file)
            return
        self._videos[event.file] = reader, event.clock_rate

    def _since_start(self, file: str) -> int | None:
        at = self._clock.start_us(file)
        return None if at is None else at - self._start

    def _current(self, moment: int) -> Cut | None:
        cuts = self._director.cuts
        while self._cut_index + 1 < len(cuts) and cuts[self._cut_index + 1].at <= moment:
            self._cut_index += 1
        return cuts[self._cut_index] if self._cut_index >= 0 else None

    def picture(self, moment: int) -> NDArray[np.uint8]:
        """The yuv420p planes to show at `moment`; the array is painted anew at the next call."""
        cut = self._current(moment)
        name = self._stage.names.get(cut.participant, "") if cut else ""
        frame = self._frame_of(cut, moment) if cut else None
        if self._drawn is None or frame is not self._drawn[0] or name != self._drawn[1]:
            self._draw(frame, name)
            self._drawn = frame, name
        return self._canvas.planes

    def _frame_of(self, cut: Cut, moment: int) -> av.VideoFrame | None:
        source: Source = "screen_share" if cut.showing == "screen_share" else "camera"
        track = self._stage.track_of(cut.participant, source)
        if track is None:
            return None
        key = cut.participant, source
        picture = self._decoded(track.file, moment)
        if picture is None:  # a track's next file has not shown anything yet: its last picture stands
            return self._last_pictures.get(key)
        self._last_pictures[key] = picture
        return picture

    def _decoded(self, file: str, moment: int) -> av.VideoFrame | None:
        started = self._clock.start_us(file)
        if file not in self._videos or started is None:
            return None
        reader, _ = self._videos[file]
        reader.file.poll()
        return reader.picture_at((moment - started) // 1000)

    def _draw(self, frame: av.VideoFrame | None, name: str) -> None:
        width, height = self._canvas.width, self._canvas.height
        if frame is None:
            self._canvas.lay(name_card(name, width, height), 0, 0)
        else:
            box = fit(frame.width, frame.height, Box(0, 0, width, height))
            if (box.width, box.height) != (width, height):
                self._canvas.clear()
            self._canvas.paint(frame, box)
        if name:
            label = name_label(name, width, height)
            margin = height // 36 * 2
            self._canvas.lay(label, margin, height - margin // 2 * 2 - label.height)

    def sound(self, start: int, count: int) -> Samples:
        """Samples [start, start + count), counted at 48 kHz from the start of the film: shape (2, count)."""
        return self._mixer.mix(start, count)

    def timeline(self, end: int) -> Timeline:
        """The shots from the start of the film to `end` (µs), as they were drawn."""
        return shots_between([cut for cut in self._director.cuts if cut.at < end], self._start, end)

    def damage(self) -> dict[str, int]:
        """How many frames could not be decoded, a count for each kind of track."""
        return {
            "video": sum(reader.errors for reader, _ in self._videos.values()),
            "audio": sum(voice.reader.errors for voice in self._mixer.voices),
        }

    def close(self) -> None:
        """Close all track files."""
        for reader, _ in self._videos.values():
            reader.close()
        for voice in self._mixer.voices:
            voice.reader.close()
        self._listening.finish()
