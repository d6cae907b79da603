"""What a recording does not have: known from a take's events and files, said in words, and seen in its film."""

import json
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.archives.making import with_missing
from reelroom.composer.compose import Pace, Report, compose
from reelroom.cutting.plan import LayoutChoice, Plan, Planned
from reelroom.takes.events import Event, parse_line
from reelroom.takes.folder import Take, extent
from reelroom.takes.interruptions import Interruptions
from reelroom.takes.missing import Missing, clock, in_words, lasting
from reelroom.takes.offered import Offers
from tests.e2e.films import WatchedFilm, watch
from tests.takes import BLUE, RED, SECOND, START, TakeMaker, at, coloured, cut, later, spoken

CASES = Path(__file__).parent / "cases"


def happened(second: float, event: str, /, **fields: object) -> Event:
    parsed = parse_line(json.dumps({"at": at(second), "event": event, **fields}))
    assert parsed is not None
    return parsed


def opened(run: int, second: float, version: int = 3) -> Event:
    return happened(second, "take_opened", run=run, take="t", version=version)


def joined(second: float) -> Event:
    return happened(second, "room_joined", session="s")


def fed(*events: Event) -> Interruptions:
    known = Interruptions()
    for event in events:
        known.feed(event)
    return known


def since(known: Interruptions, second: float, horizon: float | None = None) -> float | None:
    found = known.since(at(second), at(second + 1 if horizon is None else horizon))
    return None if found is None else (found - START) / SECOND


def test_a_tap_that_lost_its_room_records_nothing_until_the_next_one_is_there() -> None:
    known = fed(opened(1, 0), joined(0.1), happened(4, "room_left", reason="x"))
    assert [since(known, moment) for moment in (3.9, 4, 5, 60)] == [None, 4, 4, 4]
    for event in (happened(4, "take_closed", reason="room_left"), opened(2, 9), joined(9.5)):
        known.feed(event)
    assert [since(known, moment) for moment in (3.9, 4, 9.4, 9.5)] == [None, 4, 4, None]
    assert known.between(at(2), at(7)) == [(at(4), at(7))]


def test_a_tap_that_is_relieved_in_a_moment_is_told_of_and_not_shown() -> None:
    known = fed(opened(1, 0), joined(0.1), happened(4, "take_closed", reason="asked"), opened(2, 4.2), joined(4.4))
    assert since(known, 4.2) is None
    assert known.between(at(0), at(7)) == [(at(4), at(4.4))]


def test_a_tap_that_says_nothing_for_three_seconds_is_dead() -> None:
    beats = [happened(second, "time_passed") for second in range(1, 5)]
    known = fed(opened(1, 0), joined(0.1), *beats)
    assert since(known, 6, horizon=7) is None
    assert since(known, 6.1, horizon=7.1) == 4
    assert since(fed(opened(1, 0, version=2), joined(0.1), *beats), 60) is None, "an older tap wrote when it had to"
    assert since(fed(opened(1, 0), joined(0.1), happened(1, "take_closed", reason="asked")), 60) is None


def test_a_recording_goes_on_with_its_first_picture() -> None:
    picture = {"participant": "a", "track": "T", "kind": "video", "codec": "vp8", "clock_rate": 90_000, "file": "f"}
    lost = opened(1, 0), joined(0.1), happened(4, "room_left", reason="x"), opened(2, 9), joined(9.5)
    assert fed(*lost, happened(9.9, "file_opened", **picture)).spans == [(at(4), at(9.9))]
    assert fed(*lost, happened(11, "file_opened", **picture)).spans == [(at(4), at(9.5))]


def published(second: float, kind: str = "video", *, muted: bool = False) -> Event:
    fields = {"participant": "ann", "track": f"T{kind}", "kind": kind, "source": "unknown", "muted": muted}
    return happened(second, "track_published", **fields)


def offers(*events: Event) -> Offers:
    known = Offers()
    for event in (
        opened(1, 0, 2),
        joined(0),
        happened(0, "participant_joined", participant="ann", name="Ann"),
        *events,
    ):
        known.feed(event)
    return known


FILE = {"participant": "ann", "track": "Tvideo", "kind": "video", "codec": "vp8", "clock_rate": 90_000, "file": "f"}


def test_a_track_without_a_file_is_missing_whether_or_not_the_tap_said_so() -> None:
    told = {"participant": "ann", "track": "Taudio", "kind": "audio", "reason": "codec", "detail": "audio/PCMU"}
    noted = offers(published(1, "audio"), happened(11, "track_not_recorded", **told))
    assert noted.not_recorded(at(0), at(20)) == [
        Missing("not_recorded", at(1), at(20), "ann", "Taudio", "microphone", "audio/PCMU")
    ]
    old = offers(published(1, "audio"))
    assert old.not_recorded(at(0), at(20)) == [Missing("not_recorded", at(1), at(20), "ann", "Taudio", "microphone")]
    assert old.not_recorded(at(0), at(4)) == [], "it may come yet"
    assert offers(published(1, muted=True)).not_recorded(at(0), at(20)) == []
    came = offers(published(1), happened(9, "file_opened", **FILE))
    assert came.not_recorded(at(0), at(20)) == []


def test_a_track_that_comes_late_was_missing_until_then() -> None:
    told = {"participant": "ann", "track": "Tvideo", "kind": "video", "reason": "no_keyframe", "detail": ""}
    noted = offers(published(1), happened(11, "track_not_recorded", **told), happened(14, "file_opened", **FILE))
    assert [(each.start, each.end) for each in noted.not_recorded(at(0), at(20))] == [(at(1), at(14))]


def stood_still(known: Offers, pictures: Sequence[float], end: float = 20) -> list[tuple[float, float]]:
    found = known.stood_still(at(0), at(end), lambda _: [at(second) for second in pictures])
    return [((each.start - START) / SECOND, (each.end - START) / SECOND) for each in found]


def test_a_camera_stands_still_when_it_is_on_and_nothing_new_comes_for_two_seconds() -> None:
    known = offers(published(0), happened(0.5, "file_opened", **FILE))
    assert stood_still(known, [1, 2.5, 4.4, 7, 8], end=9) == [(4.4, 7)]
    assert stood_still(known, [1, 2, 3], end=9) == [(3, 9)]
    muted = offers(
        *(published(0), happened(0.5, "file_opened", **FILE)),
        *(happened(second, event, participant="ann", track="Tvideo") for second, event in MUTED),
    )
    assert stood_still(muted, [1, 2, 3, 9, 10], end=11) == [], "it was off meanwhile"
    assert stood_still(muted, [1, 2, 3, 11], end=12) == [(8, 11)], "it was on again"


MUTED = ((3.1, "track_muted"), (8.0, "track_unmuted"))


def test_words() -> None:
    cases = [
        Missing("stood_still", at(62), at(65), "ann", "T", "camera"),
        Missing("interrupted", at(187), at(199)),
        Missing("not_recorded", at(0), at(300), "bob", "U", "microphone", "audio/PCMU"),
        Missing("encrypted", at(0), at(300), "eve", "V", "screen_share"),
    ]
    assert in_words(cases, {"ann": "Ann", "bob": "Bob"}, START) == (
        "recording interrupted for 12 s at 3:07; somebody's screen was encrypted end to end; "
        "Bob's microphone was not recorded (audio/PCMU); Ann's camera stood still for 3 s at 1:02"
    )
    again = [Missing("stood_still", at(at_), at(at_ + 3), "ann", "T", "camera") for at_ in (62, 80, 90)]
    assert in_words(again, {"ann": "Ann"}, START) == "Ann's camera stood still 3 times, for 9 s in all, first at 1:02"
    assert (lasting(400_000), lasting(12_300_000), lasting(185_000_000)) == ("0.4 s", "12 s", "3 min 5 s")
    assert clock(3_723_000_000) == "1:02:03"


def test_words_fit_whatever_is_missing() -> None:
    many = [Missing("not_recorded", 0, 1, f"p{n}", "T", "camera", "x" * 500) for n in range(100)]
    told = in_words(many, {f"p{n}": "n" * 300 for n in range(100)}, 0)
    assert len(told) < 900 and told.endswith("more")
    assert with_missing("user initiated", "") == "user initiated"
    once = with_missing("user initiated", told)
    assert once == f"user initiated; {told}" == with_missing(once, told)


def interrupted(folder: Path, *, killed: bool) -> Take:
    """Ann is red, and after five seconds without a tap, blue."""
    maker = TakeMaker(folder, version=3)
    for second in range(4):
        maker.event(second, "time_passed")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", coloured(RED, 4))
    maker.publishes(0, "ann", "microphone", spoken(440, 4))
    if not killed:
        maker.event(4, "room_left", reason="the engine is gone")
        maker.event(4, "take_closed", reason="room_left")
    else:
        maker.event(4, "time_passed")
    maker.event(9, "take_opened", run=2, take=folder.name, version=3)
    maker.event(9.5, "room_joined", session="1_MX4x")
    maker.joins(9.5, "ann")
    maker.publishes(9.6, "ann", "camera", coloured(BLUE, 5))
    maker.publishes(9.6, "ann", "microphone", spoken(440, 5))
    return maker.write()


def is_card(film: WatchedFilm, second: float) -> bool:
    """Dark, with hardly a colour."""
    return max(film.colour_at(second)) < 70


@pytest.mark.parametrize("killed", [False, True])
def test_an_interruption_is_a_card_and_no_frozen_face(tmp_path: Path, killed: bool) -> None:
    take = interrupted(tmp_path / "take", killed=killed)
    output = tmp_path / "film.mp4"
    report = cut(take, output, 0, 13)
    film = watch(output)
    assert film.shows(RED, 3.5)
    assert all(is_card(film, second) for second in ((4.2 if not killed else 6.2), 7, 9.4))
    assert film.shows(BLUE, 10.5)
    assert report.summary == "recording interrupted for 6 s at 0:04"
    written = json.loads(output.with_suffix(".report.json").read_text())
    assert [each["what"] for each in written["missing"]] == ["interrupted"]
    assert written["summary"] == report.summary


def test_a_camera_that_stops_becomes_a_card_and_comes_back(tmp_path: Path) -> None:
    """A screen may stand still for as long as it likes."""
    maker = TakeMaker(tmp_path / "take")
    for who, source in (("ann", "camera"), ("bob", "screen_share")):
        maker.joins(0, who)
        maker.publishes(0, who, source, (*coloured(RED, 3), *later(coloured(BLUE, 3), 8000)))
    take = maker.write()
    plan = Plan(width=640, height=360).with_layout(0, LayoutChoice(type="bestFit", screenshare_type="bestFit"))
    plan = plan.with_layout(at(5.9), LayoutChoice(type="verticalPresentation"))
    report = cut(take, tmp_path / "film.mp4", 0, 11, plan=plan)
    film = watch(tmp_path / "film.mp4")
    assert report.summary == "Ann's camera stood still for 5 s at 0:02"
    left = [film.pictures[int(second * 30)][12:24, 2:10].reshape(-1, 3).mean(axis=0) for second in (6.5, 7.5, 9.5)]
    assert max(left[1]) < 70 and left[2][2] > 2 * max(left[2][:2]) > 0
    assert film.shows(RED, 7.5), "the screen"


def composed(name: str, folder: Path) -> tuple[Report, Path]:
    take, plan = Take.open(CASES / name), Plan(width=320, height=180)
    start, end = extent(take)
    film = folder / "film.mp4"
    return compose(take, film, Pace(plan.rules.look_ahead, end), start=start, planned=Planned(plan)), film


@pytest.mark.parametrize(
    ("name", "said"),
    [("take-pcmu", "Ann's microphone was not recorded"), ("take-h265", "Ann's camera was not recorded")],
)
def test_what_an_engine_admitted_and_no_tap_took_is_said(tmp_path: Path, name: str, said: str) -> None:
    report, _ = composed(name, tmp_path)
    assert report.summary == said


def test_who_publishes_without_a_source_is_seen_and_heard_and_not_muted(tmp_path: Path) -> None:
    report, path = composed("take-unknown", tmp_path)
    assert report.summary == ""
    film = watch(path)
    assert not any(is_card(film, second) for second in (2, 5, 8))
    assert np.abs(film.sound).max() > 0.05
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    panel = frames[-30][148:158, 60:70]  # where the dark mark of a muted microphone would be
    assert panel[..., 0].mean() > 170


def test_people_of_many_scripts_are_a_film(tmp_path: Path) -> None:
    report, path = composed("take-names", tmp_path)
    assert report.summary == "" and report.pictures > 100
    assert path.stat().st_size > 10_000
