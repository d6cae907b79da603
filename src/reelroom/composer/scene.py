"""A take being cut: at each moment, the picture and the sound that the director's timeline asks for.

Everything is concluded from events up to `moment + look_ahead`, however many more are on disk, so that a film
cut behind a running room and one cut a year later from the same take come out the same. Only what is missing from
the files counts as soon as it is known; where that is too late, `late_from` says so.
"""

from bisect import insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import av

from reelroom.composer.copied_track import CopiedTrack
from reelroom.composer.decoding import Decoding
from reelroom.composer.drawing import Drawing, View
from reelroom.composer.listening import Listening
from reelroom.composer.mastering import Mastering
from reelroom.composer.picture import Picture
from reelroom.composer.reading import SAMPLE_RATE, Samples
from reelroom.composer.speech_found import Ears, Found
from reelroom.composer.tracks import Damage, Tracks
from reelroom.cutting.director import Director
from reelroom.cutting.naming import opacity, shown_since
from reelroom.cutting.plan import LayoutChoice, Planned
from reelroom.cutting.speech import Talkers
from reelroom.cutting.timeline import Cut, Timeline, laid_out, shots_between
from reelroom.cutting.turns import Turn, heard_turns, turns_between
from reelroom.layouts.arrange import Key, Placement, Tile, arrange
from reelroom.layouts.boxes import Box
from reelroom.layouts.custom import arrange_by
from reelroom.layouts.names import LayoutType
from reelroom.layouts.tiles import tiles_of
from reelroom.takes.chat import ChatMessage, message_of
from reelroom.takes.events import (
    DataReceived,
    Event,
    FileClosed,
    FileOpened,
    Source,
    SpeechFaded,
    SpeechHeard,
)
from reelroom.takes.folder import EventLog, Take
from reelroom.takes.missing import Missing, What, clock
from reelroom.takes.offered import STANDS_STILL, Offers
from reelroom.takes.stage import RENDER_IDENTITY, Stage

_SEALED = "Encrypted end to end: not in this recording"
_LEFT_OUT = "The picture could not be decoded"
_STOOD_STILL = "Picture interrupted"
_INTERRUPTED = "Recording interrupted"


@dataclass(frozen=True)
class Sole:
    """A track file whose pictures alone fill the frame, with nothing drawn on them."""

    file: str
    key: Key
    is_screen: bool


class Scene:
    """Call `advance` with each moment in turn, then ask for its `picture` and `sound`.

    Where `ears` are given, somebody else has listened, and it has no sound. `found` is told of speech.
    """

    def __init__(
        self,
        take: Take,
        planned: Planned,
        start: int,
        decoding: Decoding | None = None,
        *,
        ears: Ears | None = None,
        found: Found = lambda until, speech: None,
    ) -> None:
        decoding = decoding or Decoding()
        self._take = take
        self._found = found
        self._planned = planned
        self._rules = planned.plan.rules
        self._start = start
        self._log = EventLog(take.events_path)
        self._pending: deque[Event] = deque()  # read, but not yet within the look-ahead
        self._ahead: deque[Event] = deque()  # known to tracks and director, not yet on stage
        self._samples: int | None = None  # that the film has, once its end is known
        plan = planned.plan
        self._mastering = Mastering(plan.loudness, self._rules.look_ahead) if plan.has_audio and not ears else None
        self._tracks = Tracks(take.folder, start, plan.rate, decoding, self._mastering)
        self._listening: Ears = ears or Listening(
            take.folder, self._tracks.start_us, self._rules.ear(), decoding, self._mastering
        )
        self._director = Director(self._rules)
        self._talkers = Talkers()
        self._stage = Stage()
        self._drawing = Drawing(planned.plan.size)
        self._last_pictures: dict[Key, Picture] = {}
        self._taken: dict[Key, int] = {}  # when (µs) those were
        self._offers = Offers()
        self._horizon = start
        self._aspects: dict[Key, float] = {}
        self._cut_index = -1
        self._pictured = False
        self._copied: tuple[Sole, int] | None = None  # what was copied before this piece, and until when
        self._chosen = 0  # of the plan's steps of streams, how many are known
        self._audience: list[tuple[int, frozenset[str]]] = []  # from when on who was heard, where streams are chosen
        self._speech: list[SpeechHeard | SpeechFaded] = []
        self._written: list[DataReceived] = []

    def advance(self, moment: int, end: int | None = None) -> None:
        """Learn what happened up to `moment` (µs of room time) plus the look-ahead, but not beyond `end`."""
        horizon = moment + self._rules.look_ahead
        self._horizon = horizon if end is None else min(horizon, end)
        if end is not None:
            rate = self._planned.plan.rate
            self._samples = -(-(end - self._start) * rate // 1_000_000) * SAMPLE_RATE // rate
        for event in self._log.poll():
            mended = self._tracks.foresee(event)
            if mended is not None and (mending := self._tracks.mending(mended)) is not None:
                self._listening.mend(mended, mending)
            self._pending.append(event)
        while self._pending and self._pending[0].at <= horizon:
            event = self._pending.popleft()
            self._choose(event.at, end)
            if end is None or event.at <= end:
                self._learn(event)
        self._choose(horizon, end)
        found = self._listening.listen(self._horizon)
        self._found(self._horizon, found)
        for speech in found:
            self._director.feed(speech)
            self._talkers.feed(speech)
            self._speech.append(speech)
        if self._mastering is not None:
            self._mastering.decide(horizon)
        self._director.advance(horizon)
        while self._ahead and self._ahead[0].at <= moment:
            self._stage.apply(self._ahead.popleft())
        self._stage.pass_time(moment)
        if self._stage.selects:
            heard = frozenset(who for who in self._stage.present if self._stage.hears(who))
            if not self._audience or self._audience[-1][1] != heard:
                self._audience.append((moment, heard))

    def _choose(self, until: int, end: int | None) -> None:
        """Learn which streams the plan has up to `until` (µs), but not beyond `end`."""
        steps = self._planned.plan.streams
        while self._chosen < len(steps) and (step := steps[self._chosen]).at <= until:
            self._chosen += 1
            if end is None or step.at <= end:
                event = step.event()
                self._director.feed(event)
                # An order that comes late is followed at once, not after what lies ahead.
                insort(self._ahead, event, key=lambda each: each.at)

    def _learn(self, event: Event) -> None:
        self._offers.feed(event)
        self._tracks.feed(event)
        self._director.feed(event)
        self._ahead.append(event)
        match event:
            case FileOpened(kind="audio") if event.file not in self._tracks.missing_files:
                self._listening.open(event)
                if (mending := self._tracks.mending(event.file)) is not None:
                    self._listening.mend(event.file, mending)
            case FileClosed():
                self._listening.close(event)
            case DataReceived():
                self._written.append(event)

    def _current(self, moment: int) -> Cut | None:
        cuts = self._director.cuts
        while self._cut_index + 1 < len(cuts) and cuts[self._cut_index + 1].at <= moment:
            self._cut_index += 1
        return cuts[self._cut_index] if self._cut_index >= 0 else None

    def begin_piece(self, copied: Sole | None = None, moment: int = 0) -> None:
        """What is drawn from now on depends on nothing that was drawn before (`pieces`).

        But for what was `copied` until `moment` (µs), not drawn: its last picture is known.
        """
        self._copied = (copied, moment) if copied else None
        self._tracks.forget_pictures()
        self._last_pictures.clear()
        self._aspects.clear()
        self._drawing = Drawing(self._planned.plan.size)

    def sole(self, moment: int) -> Sole | None:
        """Whose picture alone is shown at `moment`, if it is as large as the film; nothing is decoded for that."""
        if self._offers.interruptions.since(moment, self._horizon) is not None:
            return None
        plan = self._planned.plan
        choice = plan.layout_at(moment)
        if choice.type == "custom":
            return None
        _, placements = self._arranged(choice, plan.classes_at(moment), moment)
        whole = Box(0, 0, plan.width, plan.height)
        if len(placements) != 1 or (only := placements[0]).part != "front" or only.box != whole:
            return None
        track = self._stage.track_of(*only.tile.key)
        if only.whole not in (None, whole) or track is None or not track.file or not only.tile.has_picture:
            return None
        bare = self._view(only, moment, set(), None, titled=True).is_bare
        return Sole(track.file, only.tile.key, only.tile.is_screen) if bare else None

    def to_copy(self, file: str, until: int) -> tuple[CopiedTrack, int, list[int]] | None:
        """As `Tracks.to_copy`, of pictures as large as the film."""
        return self._tracks.to_copy(file, until, self._planned.plan.size)

    def picture(self, moment: int) -> av.VideoFrame:
        """What to show at `moment`, yuv420p; it is painted anew at the next call."""
        interrupted = self._offers.interruptions.since(moment, self._horizon)
        if interrupted is not None:
            self._last_pictures.clear()
            self._pictured = False
            return self._drawing.notice(_INTERRUPTED, f"for {clock(moment - interrupted)}")
        views, hidden = self._views(moment)
        self._pictured = any(view.picture is not None for view in views)
        return self._drawing.draw(views, hidden=hidden)

    def pictured(self) -> bool:
        """Whether the last picture holds somebody's camera or screen."""
        return self._pictured

    def turns(self, end: int) -> tuple[Turn, ...]:
        """Who spoke when, from the start of the film to `end` (µs)."""
        turns = turns_between(self._speech, self._stage.names, self._start, end)
        return heard_turns(turns, self._audience, end) if self._audience else turns

    def chat(self, end: int) -> list[ChatMessage]:
        """What was written from the start of the film to `end` (µs), but by who never agreed to be recorded."""
        within = (event for event in self._written if self._start <= event.at < end)
        told = (event for event in within if event.participant not in self._stage.unwilling)
        return [line for event in told if (line := message_of(event, self._stage.names))]

    def names(self) -> dict[str, str]:
        """What everybody who was ever here was called last, but who never agreed to be recorded."""
        return {who: name for who, name in self._stage.names.items() if who not in self._stage.unwilling}

    def _views(self, moment: int) -> tuple[list[View], bool]:
        """What is shown, and whether there are people of whom nobody is."""
        plan = self._planned.plan
        choice, classes = plan.layout_at(moment), plan.classes_at(moment)
        custom = choice.type == "custom"
        aspects = None
        while aspects != self._aspects:  # pictures of unexpected shapes may have to be arranged otherwise
            aspects = dict(self._aspects)
            tiles, placements = self._arranged(choice, classes, moment)
            for placement in placements:
                self._picture_of(placement.tile.key, moment)
        speaking = self._talkers.at(moment)
        views = [
            self._view(
                *(placement, moment, speaking, self._picture_of(placement.tile.key, moment)),
                titled=not custom and placement.part != "tile",
            )
            for placement in placements
        ]
        return views, custom and bool(tiles) and not views

    def _arranged(
        self, choice: LayoutChoice, classes: dict[str, frozenset[str]], moment: int
    ) -> tuple[Sequence[Tile], list[Placement]]:
        """Who could be seen, and who is, and where."""
        size = self._planned.plan.width, self._planned.plan.height
        if choice.type == "custom":
            tiles = tiles_of(self._stage, classes, self._aspects, None)
            return tiles, arrange_by(choice.stylesheet or "", tiles, *size)
        layout, shot, inset = self._cut_for(choice.type, moment)
        tiles = tiles_of(self._stage, classes, self._aspects, shot)
        return tiles, arrange(layout, tiles, *size, shot=shot, inset=inset, screenshare=choice.screenshare_type)

    def _cut_for(self, layout: LayoutType, moment: int) -> tuple[LayoutType, Key | None, Key | None]:
        """The layout, whom the director shows in it, and who is inset."""
        cut = self._current(moment)
        if cut is None or cut.showing == "nobody":
            return layout, None, None
        if cut.showing == "everybody":
            return "bestFit", None, None
        shot: Key = cut.participant, "screen_share" if cut.showing == "screen_share" else "camera"
        return layout, shot, (cut.inset, "camera") if cut.inset else None

    def _view(
        self, placement: Placement, moment: int, speaking: set[str], picture: Picture | None, *, titled: bool
    ) -> View:
        tile = placement.tile
        unnamed = titled and tile.participant.startswith(RENDER_IDENTITY)
        return View(
            placement.box,
            placement.part,
            picture,
            "" if unnamed else self._stage.names.get(tile.participant, ""),
            muted=not tile.is_screen and self._stage.track_of(tile.participant, "microphone") is None,
            speaking=not tile.is_screen and tile.participant in speaking and self._stage.hears(tile.participant),
            whole=placement.whole,
            least_seen=placement.least_seen,
            screen=tile.is_screen,
            title=opacity(self._shown_since(tile.key, moment), moment) if titled else None,
            note=self._note(tile, moment),
        )

    def _note(self, tile: Tile, moment: int) -> str:
        """Why there is no picture, where that is not the wish of whoever should be seen."""
        if self._is_sealed(tile):
            return _SEALED
        track = self._stage.track_of(*tile.key)
        if track is not None and self._tracks.is_left_out(track.file):
            return _LEFT_OUT
        return _STOOD_STILL if tile.has_picture and self._stands_still(tile.key, moment) else ""

    def _stands_still(self, key: Key, moment: int) -> bool:
        """Whether a camera's last picture is too old to be taken for what somebody does; a screen may stand still."""
        return key[1] == "camera" and key in self._last_pictures and moment - self._taken[key] > STANDS_STILL

    def _is_sealed(self, tile: Tile) -> bool:
        """Whether what somebody sends is encrypted end to end."""
        sources: tuple[Source, ...] = ("screen_share",) if tile.is_screen else ("camera", "microphone")
        tracks = [self._stage.track_of(tile.participant, source) for source in sources]
        return any(self._tracks.is_sealed(track.file) for track in tracks if track is not None)

    def _shown_since(self, key: Key, moment: int) -> int:
        """Since when somebody is the one who is shown: a cut to them, another plan, or the start of the film."""
        plan = self._planned.plan
        steps = (*(step.at for step in plan.layouts), *(step.at for step in plan.classes))
        cut = shown_since(self._director.cuts, self._cut_index, key) if self._cut_index >= 0 else None
        return max(self._start, *(step for step in steps if step <= moment), cut or 0)

    def _picture_of(self, key: Key, moment: int) -> Picture | None:
        track = self._stage.track_of(*key)
        if track is None:
            return None
        self._look_at(key, track.file, moment)
        if self._tracks.is_sealed(track.file):
            self._last_pictures.pop(key, None)
            return None
        if key not in self._last_pictures and self._copied and self._copied[0].key == key:
            last, until = self._copied
            self._look_at(key, last.file, until)
        shown = self._last_pictures.get(key)
        # Where a track's next file has not shown anything yet, its last picture stands for a while.
        return None if self._stands_still(key, moment) else shown

    def _look_at(self, key: Key, file: str, moment: int) -> None:
        frame = self._tracks.picture(file, moment)
        shown = self._last_pictures.get(key)
        if frame is not None and not self._tracks.is_sealed(file) and (shown is None or shown.frame is not frame):
            shown = self._last_pictures[key] = Picture.of(frame)
            self._taken[key] = self._tracks.picture_time(file)
            self._aspects[key] = shown.width / shown.height

    def sound(self, start: int, count: int) -> Samples:
        """Samples [start, start + count), counted at 48 kHz from the start of the film: shape (2, count)."""
        return self._tracks.sound(start, count, self._stage.heard(), self._samples)

    def timeline(self, end: int) -> Timeline:
        """The shots from the start of the film to `end` (µs), as they were drawn."""
        timeline = shots_between([cut for cut in self._director.cuts if cut.at < end], self._start, end)
        return laid_out(timeline, [(step.at, step.layout.type) for step in self._planned.plan.layouts])

    def damage(self) -> Damage:
        """What was missing so far."""
        return self._tracks.damage()

    def missing(self, end: int) -> list[Missing]:
        """What the film up to `end` (µs) does not have, though it was there to be recorded."""
        offers, span = self._offers, (self._start, end)
        found = offers.interrupted(*span) + offers.not_recorded(*span) + offers.declined(*span)
        found += offers.stood_still(*span, self._tracks.pictures_of)
        files: list[tuple[What, list[str]]] = [("encrypted", self.sealed_files), ("file_missing", self.missing_files)]
        files.append(("undecodable", self._tracks.left_out_files()))
        for what, names in files:
            found += sorted({offers.lacks(what, file, span) for file in names}, key=lambda each: each.track)
        return found

    @property
    def missing_files(self) -> list[str]:
        """Track files that events tell of and that are not there."""
        return self._tracks.missing_files

    @property
    def sealed_files(self) -> list[str]:
        """Track files of which something was encrypted end to end."""
        return self._tracks.sealed_files()

    def late_from(self) -> int | None:
        """From when on (µs of room time) this film differs from one that is made when all is on disk; None: nowhere.

        Speech that is heard late may have been shown from the look-ahead, and a pre-roll, before.
        """
        times = [time for time in (self._tracks.late_from(), self._listening.late_from) if time is not None]
        return min(times) - 2 * self._rules.look_ahead if times else None

    def close(self) -> None:
        """Close all track files."""
        self._tracks.close()
        self._listening.finish()
