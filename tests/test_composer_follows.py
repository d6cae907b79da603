"""A composer behind a room that is still talking, and one that finds a take damaged."""

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from reelroom.composer.compose import SLACK, Pace, Report, compose
from reelroom.cutting.plan import Plan, Planned
from reelroom.cutting.rules import Rules
from reelroom.processes.fence import told
from reelroom.takes.folder import EventLog, Take, TakeError, extent
from reelroom.takes.matroska import TrackFile
from tests.e2e.films import watch
from tests.takes import BLUE, FPS, RED, SECOND, SIZE, START, TakeMaker, changing, cut

LAST = 60_000  # µs; what is heard last at an end reaches the disk so much later, at most
BEHIND = Rules().look_ahead + SLACK
PLAN = Plan(width=SIZE.width, height=SIZE.height)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Ann is red and 440 Hz, Bob blue and 880 Hz, whose packets come late at first; he speaks from 1.1 s on, she
    shares her screen, she speaks from 5.3 s on and has not ended when the film does."""
    maker = TakeMaker(tmp_path_factory.mktemp("follows") / "take")
    maker.person(0, "ann", RED, 440, 7, speaks=((0.2, 1.6), (5.3, 7)))
    maker.person(0.3, "bob", BLUE, 880, 6.3, speaks=((1.1, 4.5),), late=0.2)
    maker.publishes(4.0, "ann", "screen_share", changing((RED, BLUE), 0.7, 320, 180, 7))
    maker.event(5.4, "track_unpublished", participant="ann", track="T5")
    return maker.write()


@dataclass
class Recording:
    """A take that comes onto the disk as its packets arrive, from a finished one, as room time goes on."""

    take: Take
    _parts: list[tuple[int, Path, bytes]]  # in order of time: when, where, what
    _written: int = 0

    @classmethod
    def of(cls, whole: Take, folder: Path) -> "Recording":
        parts = []
        for line in whole.events_path.read_bytes().splitlines(keepends=True):
            event = json.loads(line)
            parts.append((event["at"], folder / "events.jsonl", line))
            if event["event"] != "file_opened":
                continue
            data, path, position = (whole.folder / event["file"]).read_bytes(), folder / event["file"], 0
            with TrackFile(whole.folder / event["file"]) as file:
                file.poll()
                for index in range(len(file)):
                    end = file._offsets[index] + file._sizes[index]
                    parts.append((event["at"] + file.times[index] * 1000, path, data[position:end]))
                    position = end
        parts.sort(key=lambda part: (part[0], part[1].name == "events.jsonl"))  # a frame, then what tells of it
        return cls(Take.create(folder, whole.info), parts)

    def write_until(self, now: int) -> None:
        while self._written < len(self._parts) and self._parts[self._written][0] <= now:
            _, path, data = self._parts[self._written]
            with path.open("ab") as file:
                file.write(data)
            self._written += 1


def follow(recording: Recording, film: Path, start: int, end: int) -> Report:
    """A film that is cut while the take grows."""
    clock = start + BEHIND
    pace: Pace

    def now() -> int:
        """Room time passes by half a picture whenever it is looked at; tap and composer are told to stop at `end`."""
        nonlocal clock
        clock += SECOND // 60
        recording.write_until(min(clock, end + LAST))
        if clock >= end:
            pace.finish(end)
        return clock

    pace = Pace(Rules().look_ahead, None, now)
    return compose(recording.take, film, pace, start=start, planned=Planned(PLAN))


def test_a_film_cut_behind_the_room_is_the_film_cut_a_year_later(whole: Take, tmp_path: Path) -> None:
    recording = Recording.of(whole, tmp_path / "take")
    live = follow(recording, tmp_path / "live.mp4", START + SECOND // 2, START + 6_500_000)
    later = cut(whole, tmp_path / "later.mp4", 0.5, 6.5)
    assert (live.pictures, live.end, live.shots) == (later.pictures, later.end, later.shots)
    assert live.shots == 4
    timelines = [(tmp_path / name).read_text() for name in ("live.timeline.json", "later.timeline.json")]
    assert timelines[0] == timelines[1]
    assert (tmp_path / "live.mp4").read_bytes() == (tmp_path / "later.mp4").read_bytes()


def test_a_camera_that_is_not_on_screen_does_not_stand_still(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "whole")
    maker.person(0, "ann", RED, 440, 7, speaks=((2.3, 7),))
    maker.person(0, "bob", BLUE, 880, 7, speaks=((0.2, 2),))
    recording = Recording.of(maker.write(), tmp_path / "take")
    report = follow(recording, tmp_path / "live.mp4", START + SECOND // 2, START + 6_500_000)
    assert report.shots == 2
    assert report.summary == ""


def test_the_end_may_be_told_while_the_composer_waits() -> None:
    """An end that is already past is obeyed at once, and none later than the first one told."""
    pace = Pace(Rules().look_ahead, None, now=lambda: START + 10 * SECOND)
    assert pace.wait_for(START)
    pace.finish(START + SECOND)
    pace.finish(START + 3 * SECOND)
    assert pace.end == START + SECOND
    assert not pace.wait_for(START + SECOND)
    assert pace.wait_for(START + SECOND - 1)
    pace.finish(START)
    assert not pace.wait_for(START)


def test_a_film_has_another_name_until_it_is_whole(whole: Take, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    seen: list[tuple[bool, bool]] = []
    cut(whole, film, 0, 3, progress=lambda *_: seen.append((film.exists(), (tmp_path / "film.mp4.partial").exists())))
    assert seen == [(False, True)] * 3
    assert film.exists()
    assert not (tmp_path / "film.mp4.partial").exists()


def test_what_a_killed_composer_left_is_in_the_way_of_nobody(whole: Take, tmp_path: Path) -> None:
    (tmp_path / "film.mp4.partial").write_bytes(b"half a film" * 1000)
    cut(whole, tmp_path / "film.mp4", 0, 1)
    assert watch(tmp_path / "film.mp4").shows(RED, 0.9)


def test_a_take_cut_off_in_the_middle_of_a_block_still_becomes_a_film(whole: Take, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole.folder, tmp_path / "take"))
    sizes = {}
    for path in (folder / "tracks").iterdir():
        with TrackFile(path) as file:
            file.poll()
            block = file.last_at(2300)
            sizes[path] = file._offsets[block] + file._sizes[block] // 2
    for path, size in sizes.items():
        path.write_bytes(path.read_bytes()[:size])
    with (folder / "events.jsonl").open("ab") as events:
        events.write(b'{"at": 10900000, "event": "participa')
    report = cut(Take.open(folder), tmp_path / "film.mp4", 0.5, 3)
    film = watch(tmp_path / "film.mp4")
    assert report.pictures == 75
    assert (report.damage.damaged_video, report.damage.damaged_audio) == (0, 0)
    assert film.shows(RED, 0.9)
    assert film.shows(BLUE, 1.7)
    assert film.shows(BLUE, 2.4), "the last picture stays"
    assert film.loudness(440, 0.1, 0.9) > 0.08
    assert film.loudness(880, 1.2, 2) > 0.08
    assert film.loudness(880, 2.2, 2.5) < 0.06


def test_damaged_frames_are_counted_and_the_picture_recovers_at_a_keyframe(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    path = maker.publishes(0, "ann", "camera", changing((RED, BLUE), 1, 320, 180, FPS))
    take = maker.write()
    with TrackFile(path) as file:
        file.poll()
        first = file._offsets[0]
        data = bytearray(path.read_bytes())
        data[first : first + 3] = b"\xff\xff\xff"
    path.write_bytes(data)
    report = cut(take, tmp_path / "film.mp4", 0, 2)
    film = watch(tmp_path / "film.mp4")
    assert report.damage.damaged_video >= 1
    assert not film.shows(RED, 0.9)
    assert film.shows(BLUE, 1.1)


def test_a_missing_file_is_named_and_the_rest_is_shown(whole: Take, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole.folder, tmp_path / "take"))
    (folder / "tracks/1-T1-1.mkv").unlink()
    (folder / "tracks/1-T2-1.mkv").unlink()
    report = cut(Take.open(folder), tmp_path / "film.mp4", 1, 3)
    film = watch(tmp_path / "film.mp4")
    assert report.missing_files == ["tracks/1-T1-1.mkv", "tracks/1-T2-1.mkv"]
    assert film.shows(BLUE, 1.8)
    assert film.loudness(880, 0.3, 1.8) > 0.08
    assert film.loudness(440, 0.1, 0.5) < 0.02


def test_an_empty_take_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(TakeError, match="the take empty is empty: no track was ever received"):
        extent(TakeMaker(tmp_path / "empty").write())


def test_an_end_before_the_beginning_is_nothing_to_compose(whole: Take, tmp_path: Path) -> None:
    with pytest.raises(TakeError, match="ended before it began"):
        cut(whole, tmp_path / "film.mp4", 3, 2)
    assert not (tmp_path / "film.mp4").exists()


def test_how_far_a_take_reaches(whole: Take) -> None:
    last = max(event.at for event in EventLog(whole.events_path).poll())
    assert extent(whole) == (START, last)


async def compose_in_a_process(
    take: Take, output: Path, *arguments: str, fenced: Path | None = None
) -> tuple[int, list[dict[str, object]]]:
    plan = output.with_suffix(".plan.json")
    plan.write_text(PLAN.to_json())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "reelroom.composer", "--take", str(take.folder), "--output", str(output)),
        *("--plan", str(plan), *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **told(fenced)},
    )
    assert process.stdout is not None
    messages = [json.loads(line) async for line in process.stdout]
    return await process.wait(), messages


@pytest.mark.parametrize("jobs", ["1", "2"])
async def test_a_composer_within_its_fence_makes_its_film(whole: Take, tmp_path: Path, jobs: str) -> None:
    """Beside other films of the data directory, with processes of its own."""
    films = tmp_path / "data" / "archives"
    films.mkdir(parents=True)
    (films.parent / "keys.json").write_text("secret")
    code, messages = await compose_in_a_process(
        *(whole, films / "film.mp4", "--start", str(START), "--end", str(START + 2 * SECOND), "--jobs", jobs),
        fenced=films.parent,
    )
    assert code == 0 and "report" in messages[-1]
    assert (films / "film.mp4").stat().st_size > 10_000


async def test_a_composer_process_tells_its_progress_and_its_report(whole: Take, tmp_path: Path) -> None:
    code, messages = await compose_in_a_process(
        whole, tmp_path / "film.mp4", "--start", str(START), "--end", str(START + 2 * SECOND)
    )
    assert code == 0
    assert messages[0] == {"left_out": 0}
    assert [message["moment"] for message in messages[1:-1]] == [START + 966_666, START + 1_966_666]
    report = messages[-1]["report"]
    assert isinstance(report, dict)
    assert (report["start"], report["end"], report["pictures"]) == (START, START + 2 * SECOND, 60)
    assert (tmp_path / "film.mp4").exists()


async def test_a_composer_process_says_why_there_is_no_film(tmp_path: Path) -> None:
    take = TakeMaker(tmp_path / "take").take
    code, messages = await compose_in_a_process(
        take, tmp_path / "film.mp4", "--start", str(START), "--end", str(START)
    )
    assert code == 0
    assert messages[-1] == {"failure": "nothing to compose: the recording ended before it began"}
