"""From a take to a film: behind a room that is still talking, or from what lies on disk."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reelroom.clock import now_us
from reelroom.composer.copying import Copies
from reelroom.composer.decoding import Decoding
from reelroom.composer.extras import write_chat, write_stills, write_texts, write_timeline
from reelroom.composer.film import Film
from reelroom.composer.film_format import VideoPacket
from reelroom.composer.laying import laid
from reelroom.composer.pieces import Encoding, Made, TornFilm
from reelroom.composer.scene import Scene
from reelroom.composer.splice import SplicedSound
from reelroom.composer.stills import Stills
from reelroom.composer.text_tracks import Chapter
from reelroom.composer.tracks import Damage
from reelroom.cutting.kept import Kept, Step, kept
from reelroom.cutting.plan import Plan, Planned
from reelroom.cutting.turns import chapters
from reelroom.files.durable import write_durably
from reelroom.takes.folder import Take, TakeError, extent
from reelroom.takes.missing import Missing, in_words

# What the tap may need to bring a packet to the disk: it waits 600 ms for what the line lost.
SLACK = 700_000
_MICROSECONDS = 1_000_000


class Pace:
    """How far the room has come: lets a composer wait until a moment is on disk, or until it is told the end.

    `end` is in µs of room time; it may be given from another thread at any time.
    """

    def __init__(self, look_ahead: int, end: int | None, now: Callable[[], int] | None = None) -> None:
        self._behind = look_ahead + SLACK
        self._end = end
        self._told = threading.Event()
        self._now = now or now_us
        if end is not None:
            self._told.set()

    @property
    def end(self) -> int | None:
        return self._end

    def finish(self, end: int) -> None:
        """The film ends at `end`."""
        self._end = end if self._end is None else min(end, self._end)
        self._told.set()

    def behind_us(self, moment: int) -> int:
        """How long ago `moment` was."""
        return self._now() - moment

    def wait_for(self, moment: int) -> bool:
        """Wait until `moment` can be cut; False when it lies at or after the end."""
        while self._end is None:
            missing = moment + self._behind - self._now()
            if missing <= 0:
                return True
            self._told.wait(missing / _MICROSECONDS)
        if moment >= self._end:
            return False
        missing = min(moment + self._behind, self._end + SLACK) - self._now()
        if missing > 0:
            time.sleep(missing / _MICROSECONDS)
        return True


@dataclass(frozen=True)
class Report:
    """What was composed; times in µs of room time, `most_behind` in µs."""

    start: int
    end: int
    pictures: int
    shots: int
    most_behind: int
    damage: Damage
    missing_files: list[str] = field(default_factory=list)
    encrypted_files: list[str] = field(default_factory=list)  # end to end: neither shown nor heard
    missing: list[Missing] = field(default_factory=list)  # that was there to be recorded
    summary: str = ""  # that in words
    late_from: int | None = None  # from here on the film differs from one made when all is on disk
    length: int = 0  # of the film, µs
    copied: int = 0  # of the pictures, as their cameras encoded them
    ranges: list[tuple[int, int]] = field(default_factory=list)  # that it keeps, as they were laid; none: all

    def to_json(self) -> dict[str, Any]:
        """Its form in films/<archiveId>.report.json (docs/formats.md)."""
        fields = asdict(self)
        return {"version": 1, **{name: fields[name] for name in fields if name != "damage"}, **fields["damage"]}


def compose(
    take: Take,
    output: Path,
    pace: Pace,
    *,
    start: int,
    planned: Planned | None = None,
    made: Iterator[VideoPacket] | None = None,
    progress: Callable[[int, int], None] = lambda moment, behind: None,
    extras: bool = True,
    decoding: Decoding | None = None,
) -> Report:
    """Cut [start, pace.end) of `take` into the MP4 `output`, with its timeline and its report beside it as
    `.timeline.json` and `.report.json`.

    `made` are the encoded pictures of the film's first pieces, where another composer has made them already: only
    their sound is made anew.

    The size, rules, tracks and quality of `planned` are those it has at the start; what else it says may change
    while the film is cut. A film without pictures has no poster and no thumbnails.
    With `extras`, the other files of docs/formats.md lie there, too. The film gets its name last.

    `progress` is called about once a second of film with the moment reached and how far (µs) it lies behind.
    """
    planned = planned or Planned(Plan())
    plan = planned.plan
    if plan.ranges:
        start = plan.ranges[0].start
        pace = Pace(plan.rules.look_ahead, plan.ranges[-1].end)
    scene = Scene(take, planned, start, decoding)
    spliced = SplicedSound(scene.sound, start, plan.rate)
    stills = Stills(plan.width, plan.height)
    most_behind = number = 0
    look = Encoding.of(plan) if plan.has_video else None
    copies = Copies(scene, plan) if look and look.copies else None
    before = Made(made, look) if made and look else None
    with Film(output, look, has_audio=plan.has_audio, about=_about(take, start)) as film:
        for step in _steps(pace, start, plan):
            scene.advance(moment := step.at, pace.end)
            if not step.shown:
                spliced.leave()
                continue
            if step.joins or (look is not None and number % look.piece == 0):
                scene.begin_piece()
            packets = _not_made(step, number, copies, before)
            if not plan.has_video:
                pass
            elif packets is not None:
                _take_over(packets, film, stills if extras else None)
            else:
                picture = scene.picture(moment)
                film.picture(picture)
                if extras:
                    stills.see(number * _MICROSECONDS // plan.rate, picture, scene.pictured())
            number += 1
            if plan.has_audio:
                film.sound(spliced.at(moment))
            if number % plan.rate == 0:
                behind = pace.behind_us(moment)
                most_behind = max(most_behind, behind)
                progress(moment, behind)
        if number == 0:
            raise TakeError("nothing to compose: the recording ended before it began")
        length = number * _MICROSECONDS // plan.rate
        report = _write_beside(film, scene, kept(plan, start, start + length), length, stills if extras else None)
        report = replace(
            report,
            most_behind=most_behind,
            ranges=[(each.start, each.end) for each in plan.ranges],
            copied=copies.count if copies else 0,
        )
        write_report(output, report)
    scene.close()
    return report


def _not_made(step: Step, number: int, copies: Copies | None, before: Made | None) -> list[VideoPacket] | None:
    """The packets of a step whose picture need not be made: those that another composer left, or a camera's."""
    packets = copies.at(step, number) if copies else None  # also asked where it is not needed: it goes step by step
    there = before.at(number) if before else None
    return packets if there is None else there


def _take_over(packets: list[VideoPacket], film: Film, stills: Stills | None) -> None:
    for packet in packets:
        if stills is not None and packet.is_keyframe and stills.wants(film.moment(packet)):
            stills.see(film.moment(packet), film.glimpse(packet), True)
    film.take_over(packets)


def _write_beside(film: Film, scene: Scene, span: Kept, length: int, stills: Stills | None) -> Report:
    """What lies beside a film of so many µs that is about to be whole; without `stills`, its timeline alone."""
    output, start, end = film.path, span.start, span.end
    timeline, turns = span.timeline(scene.timeline(end)), span.turns(scene.turns(end))
    floor = chapters(turns, start, start + length)
    film.chapters(Chapter(turn.start - start, turn.end - start, turn.name) for turn in floor)
    write_timeline(output, timeline, turns, scene.names())
    if stills is not None:
        write_texts(output, turns, floor, start)
        write_chat(output, span.chat(scene.chat(end)))
        write_stills(output, stills, length)
    damage, missing = scene.damage(), span.missing(scene.missing(end))
    return Report(
        *(start, end, film.pictures, len(timeline.shots), 0, damage),
        missing=missing,
        summary="; ".join(filter(None, (in_words(missing, scene.names(), start), damage.in_words()))),
        missing_files=scene.missing_files,
        encrypted_files=scene.sealed_files,
        late_from=scene.late_from(),
        length=length,
    )


def _steps(pace: Pace, start: int, plan: Plan) -> Iterator[Step]:
    """The steps of a film, each when it can be made."""
    if plan.ranges:
        yield from kept(plan, start, start).steps(plan.rate)
        return
    number = 0
    while pace.wait_for(moment := start + number * _MICROSECONDS // plan.rate):
        yield Step(moment)
        number += 1


def laid_plan(take: Take, plan: Plan, decoding: Decoding | None = None) -> Plan:
    """The plan with its ranges where they are cut; as it is where it has none, or they are laid. Raises OSError."""
    if not plan.ranges or plan.laid:
        return plan
    found = laid(take, kept(plan, 0, 0), extent(take), decoding)
    return plan.model_copy(update={"ranges": found.as_ranges(), "laid": True})


def _about(take: Take, start: int) -> dict[str, str]:
    """What a player shows of a film: the room, and when it was there."""
    when = datetime.fromtimestamp(start // _MICROSECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"title": take.info.room_name, "artist": "Reelroom", "date": when, "creation_time": when}


def write_report(output: Path, report: Report) -> None:
    """Keep what became of a film beside it."""
    write_durably(output.with_suffix(".report.json"), json.dumps(report.to_json()) + "\n")


def compose_in_time(
    take: Take,
    output: Path,
    pace: Pace,
    *,
    start: int,
    planned: Planned,
    made: Iterator[VideoPacket] | None = None,
    progress: Callable[[int, int], None] = lambda moment, behind: None,
    decoding: Decoding | None = None,
) -> Report:
    """As `compose`, for a room that is still talking; what reached the disk too late for that is in the film, too.

    A line that stalls brings packets after their moment has been cut. Then the film is made again from there on,
    so that it is the one that anybody would make of the take later; the pieces before stay.
    """
    first = compose(take, output, pace, start=start, planned=planned, made=made, progress=progress, decoding=decoding)
    if first.late_from is None:
        return first
    late = output.with_name(output.name + ".late")
    output.replace(late)
    look = Encoding.of(planned.plan)
    since = kept(planned.plan, start, first.end).joined(first.late_from) - first.start
    stays = look.piece_of(max(0, since * look.rate // _MICROSECONDS))
    before = TornFilm(late, look, most=stays).packets() if stays else None
    whole = Pace(planned.plan.rules.look_ahead, pace.end)
    second = compose(
        take, output, whole, start=start, planned=planned, made=before, progress=progress, decoding=decoding
    )
    late.unlink()
    damage = replace(second.damage, frozen_ms=max(first.damage.frozen_ms, second.damage.frozen_ms))
    report = replace(second, damage=damage, most_behind=first.most_behind, late_from=first.late_from)
    write_report(output, report)
    return report
