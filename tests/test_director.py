"""Who is on screen: stories of events in and shots out, and what holds for all of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.cutting.director import Director, direct
from reelroom.cutting.rules import Rules
from reelroom.cutting.speech import Ear
from reelroom.cutting.timeline import Cut, Shot, Timeline
from reelroom.takes.events import (
    Event,
    FileOpened,
    ParticipantJoined,
    ParticipantLeft,
    RoomJoined,
    Source,
    SpeechFaded,
    SpeechHeard,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
    parse_lines,
)
from reelroom.takes.stage import Stage

STORIES = sorted(path.parent for path in (Path(__file__).parent / "stories").glob("*/events.jsonl"))
SECOND = 1_000_000
START = 10 * SECOND
RULES = Rules()


def events_of(story: Path) -> list[Event]:
    text = (story / "events.jsonl").read_bytes()
    events = parse_lines(text)
    assert len(events) == len(text.splitlines()), "a line of the story is not an event"
    return events


def rules_of(story: Path) -> Rules:
    path = story / "rules.json"
    return Rules(**json.loads(path.read_text())) if path.exists() else RULES


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Path) -> None:
    expected = json.loads((story / "timeline.json").read_text())
    timeline = direct(events_of(story), rules_of(story), expected["start"], expected["end"])
    assert json.loads(json.dumps(timeline.to_json())) == expected


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_told_bit_by_bit_has_the_same_shots(story: Path) -> None:
    events, rules = events_of(story), rules_of(story)
    end = json.loads((story / "timeline.json").read_text())["end"]
    steps = list(range(START, end, SECOND // 30))
    assert cuts_in_steps(events, steps, end, rules) == cuts_in_steps(events, [], end, rules)


def picture(at: int, who: str, source: Source) -> list[Event]:
    """Somebody sends pictures."""
    track = f"{who}-{source}"
    return [
        TrackPublished(at=at, participant=who, track=track, kind="video", source=source),
        FileOpened(
            at=at,
            file=f"{track}.mkv",
            participant=who,
            track=track,
            kind="video",
            source=source,
            codec="vp8",
            clock_rate=90_000,
        ),
    ]


def person(at: float, who: str) -> list[Event]:
    """Somebody comes in with a camera."""
    moment = round(at * SECOND)
    return [ParticipantJoined(at=moment, participant=who), *picture(moment, who, "camera")]


def speech(who: str, began: int, ended: int) -> list[Event]:
    """Speech from `began` to `ended`, µs, known as soon as a detector knows it."""
    return [
        SpeechHeard(at=began + RULES.shortest_speech, participant=who, began=began),
        SpeechFaded(at=ended + Ear().pause, participant=who, ended=ended),
    ]


def in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.at)


def test_an_empty_room_has_one_shot_of_nobody() -> None:
    timeline = direct([], RULES, START, 2 * START)
    assert [(shot.start, shot.end, shot.showing) for shot in timeline.shots] == [(START, 2 * START, "nobody")]


def test_speech_of_somebody_who_is_not_here_is_passed_over() -> None:
    events = in_order([*person(10, "ann"), *speech("ghost", 15 * SECOND, 18 * SECOND)])
    assert [shot.participant for shot in direct(events, RULES, START, 2 * START).shots] == ["ann"]


def test_everybody_left_while_the_tap_was_down() -> None:
    events = [*person(10, "ann"), RoomJoined(at=15 * SECOND, session="s")]
    shots = direct(events, RULES, START, 20 * SECOND).shots
    assert [(shot.start, shot.participant) for shot in shots] == [(START, "ann"), (16 * SECOND, "")]


def test_who_began_within_the_pre_roll_of_a_cut_interrupts_the_one_it_shows() -> None:
    """Ann has her two seconds while Bob speaks; when he is shown, Cleo has just begun, and holds on."""
    events = [*person(10, "dan"), *person(10, "ann"), *person(10, "bob"), *person(10, "cleo")]
    events += [*speech("ann", 18_250_000, 18_900_000), *speech("bob", 19 * SECOND, 30 * SECOND)]
    events += speech("cleo", 19_900_000, 30 * SECOND)
    shots = direct(in_order(events), RULES, 15 * SECOND, 26 * SECOND).shots
    assert [(shot.start, shot.participant, shot.reason) for shot in shots[1:]] == [
        (18 * SECOND, "ann", "speaking"),
        (20 * SECOND, "bob", "speaking"),
        (22 * SECOND, "cleo", "held_on"),
    ]


def test_a_microphone_published_anew_while_speaking_is_one_speech_even_with_a_long_pre_roll() -> None:
    """The old track falls silent at 18 s, the new one is heard from 18.1 s on: its pre-roll reaches over the gap."""
    rules = Rules(pre_roll=500_000, look_ahead=2 * SECOND)
    events = [*person(10, "cleo"), *person(10, "ann"), *person(10, "bob")]
    events += [*speech("ann", 15 * SECOND, 18 * SECOND), *speech("ann", 18_100_000, 25 * SECOND)]
    events += speech("bob", 23 * SECOND, 24 * SECOND)
    shots = direct(in_order(events), rules, START, 26 * SECOND).shots
    assert [(shot.start, shot.participant) for shot in shots] == [(START, "cleo"), (14_500_000, "ann")]


def test_what_is_told_too_late_does_not_change_what_was_drawn() -> None:
    director = Director()
    for event in [*person(10, "ann"), *person(10, "bob")]:
        director.feed(event)
    director.advance(20 * SECOND)
    director.feed(SpeechHeard(at=18 * SECOND, participant="bob", began=17 * SECOND))
    director.finish(25 * SECOND)
    assert [(cut.at, cut.participant) for cut in director.cuts] == [(START, "ann"), (19 * SECOND, "bob")]


def test_a_roll_call_keeps_who_is_named() -> None:
    stage = Stage()
    for event in [*person(10, "ann"), *person(10, "bob"), RoomJoined(at=15 * SECOND, session="s")]:
        stage.apply(event)
    for event in person(15.9, "bob"):
        stage.apply(event)
    stage.pass_time(16 * SECOND - 1)
    assert set(stage.present) == {"ann", "bob"}
    stage.pass_time(16 * SECOND)
    assert set(stage.present) == {"bob"}
    assert stage.shown("camera") == ["bob"]


def test_a_camera_is_shown_from_its_first_picture_on() -> None:
    stage = Stage()
    joined, published, opened = person(10, "ann")
    stage.apply(joined)
    stage.apply(published)
    assert stage.shown("camera") == []
    stage.apply(opened)
    assert stage.shown("camera") == ["ann"]
    assert stage.shown("camera", but={"ann-camera"}) == []


# What holds for all takes, likely or not.

PEOPLE = ("ann", "bob", "cleo")
SOURCES: tuple[Source, ...] = ("camera", "screen_share")
END = START + 20 * SECOND
_moments = st.integers(0, 150).map(lambda tenth: START + tenth * SECOND // 10)
_people = st.sampled_from(PEOPLE)


def _of_a_track(at: int, who: str, source: Source, what: str) -> list[Event]:
    track = f"{who}-{source}"
    match what:
        case "published":
            return picture(at, who, source)
        case "published muted":
            return [
                TrackPublished(at=at, participant=who, track=track, kind="video", source=source, muted=True),
                *picture(at, who, source)[1:],
            ]
        case "muted":
            return [TrackMuted(at=at, participant=who, track=track)]
        case "unmuted":
            return [TrackUnmuted(at=at, participant=who, track=track)]
        case _:
            return [TrackUnpublished(at=at, participant=who, track=track)]


def _speeches(who: str, spans: list[tuple[int, int]]) -> list[Event]:
    """One after the other: after so long a gap, speech of that length, in tenths of a second."""
    events: list[Event] = []
    at = START
    for gap, length in spans:
        began = at + Ear().pause + gap * SECOND // 10
        at = began + length * SECOND // 10
        events += speech(who, began, at)
    return events


_spans = st.lists(st.tuples(st.integers(0, 60), st.integers(6, 60)), max_size=6)
_happenings: st.SearchStrategy[list[Event]] = st.one_of(
    st.builds(lambda at, who: [ParticipantJoined(at=at, participant=who)], _moments, _people),
    st.builds(lambda at, who: [ParticipantLeft(at=at, participant=who)], _moments, _people),
    st.builds(lambda at: [RoomJoined(at=at, session="s")], _moments),
    st.builds(
        lambda at, who, ago: [SpeechHeard(at=at, participant=who, began=at - ago)], _moments, _people, _moments
    ),
    st.builds(
        lambda at, who, ago: [SpeechFaded(at=at, participant=who, ended=at - ago)], _moments, _people, _moments
    ),
    st.builds(
        _of_a_track,
        _moments,
        _people,
        st.sampled_from(SOURCES),
        st.sampled_from(["published", "published muted", "muted", "unmuted", "unpublished"]),
    ),
)
_takes = st.builds(
    lambda happenings, *spans: in_order(
        [event for happening in happenings for event in happening]
        + [event for who, each in zip(PEOPLE, spans, strict=True) for event in _speeches(who, each)]
    ),
    st.lists(_happenings, max_size=25),
    *[_spans] * 3,
)
_rules = st.builds(
    Rules,
    pre_roll=st.sampled_from([0, 250_000, 700_000]),
    shortest_shot=st.sampled_from([500_000, 2_000_000]),
    silence=st.sampled_from([None, None, 3 * SECOND]),
    leave_dark=st.booleans(),
    screen_first=st.booleans(),
    look_ahead=st.sampled_from([0, 1_000_000, 1_000_000, 3_000_000]),
)
_steps = st.lists(st.integers(START - SECOND, END), max_size=40).map(sorted)


def cuts_in_steps(events: list[Event], steps: list[int], end: int = END, rules: Rules = RULES) -> list[Cut]:
    """The cuts of a director that is fed as a composer behind a running room does; what was fixed must stay."""
    director = Director(rules)
    waiting = list(events)
    for fed in [*steps, end]:
        while waiting and waiting[0].at <= fed:
            director.feed(waiting.pop(0))
        fixed = list(director.cuts)
        director.advance(fed)
        assert director.cuts[: len(fixed)] == fixed
        assert all(cut.at <= fed - rules.look_ahead for cut in director.cuts)
    director.finish(end)
    return director.cuts


@given(_takes, _steps, _rules)
def test_feeding_in_pieces_or_at_once_gives_the_same_cuts(
    events: list[Event], steps: list[int], rules: Rules
) -> None:
    at_once = cuts_in_steps(events, [], rules=rules)
    assert cuts_in_steps(events, steps, rules=rules) == at_once
    director = Director(rules)
    for event in events:
        if event.at <= END:
            director.feed(event)
    director.finish(END)
    assert director.cuts == at_once


@given(_takes, st.integers(1, 40))
def test_a_cut_is_fixed_before_its_moment_is_drawn(events: list[Event], pictures_a_second: int) -> None:
    """A composer draws the moment `fed - look_ahead` right after `advance(fed)`: no later cut may change it."""
    final = cuts_in_steps(events, [])
    director, waiting = Director(), list(events)
    for fed in range(START, END, SECOND // pictures_a_second):
        while waiting and waiting[0].at <= fed:
            director.feed(waiting.pop(0))
        director.advance(fed)
        moment = fed - director.rules.look_ahead
        assert director.cuts == [cut for cut in final if cut.at <= moment]


@given(_takes, st.integers(START, END), _rules)
def test_what_comes_later_changes_nothing_that_lies_a_look_ahead_before_it(
    events: list[Event], fed: int, rules: Rules
) -> None:
    def cuts(of: list[Event]) -> list[Cut]:
        return [cut for cut in cuts_in_steps(of, [], rules=rules) if cut.at <= fed - rules.look_ahead]

    assert cuts([event for event in events if event.at <= fed]) == cuts(events)


@given(_takes, _rules)
def test_shots_tile_the_time_without_gap_or_overlap(events: list[Event], rules: Rules) -> None:
    start, end = START + 3 * SECOND, START + 12 * SECOND
    timeline = direct(events, rules, start, end)
    edges = [edge for shot in timeline.shots for edge in (shot.start, shot.end)]
    assert edges[0] == start
    assert edges[-1] == end
    assert edges[1:-1:2] == edges[2::2]
    assert all(shot.start < shot.end for shot in timeline.shots)


@given(_takes, _rules)
def test_same_take_and_same_rules_give_the_same_timeline(events: list[Event], rules: Rules) -> None:
    def timeline() -> Timeline:
        return direct(events, rules, START, END)

    assert timeline() == timeline()


def stage_at(events: list[Event], now: int) -> Stage:
    stage = Stage()
    for event in events:
        if event.at <= now:
            stage.apply(event)
    stage.pass_time(now)
    return stage


def is_there(shot: Shot, stage: Stage) -> bool:
    """Whether all of a shot's people are in the room, and its screen is shared."""
    people = {shot.participant, shot.inset} - {""}
    if shot.showing == "everybody":
        return bool(stage.present)
    shared = shot.showing != "screen_share" or shot.participant in stage.shown("screen_share")
    return people <= set(stage.present) and shared


@given(_takes, _rules)
def test_only_what_is_gone_is_shown_for_less_than_the_shortest_shot(events: list[Event], rules: Rules) -> None:
    for shot in direct(events, rules, START, END).shots[1:-1]:
        if shot.end - shot.start < rules.shortest_shot and shot.showing != "nobody":
            assert not is_there(shot, stage_at(events, shot.end))


@given(_takes, _rules)
def test_nobody_is_shown_who_is_not_here(events: list[Event], rules: Rules) -> None:
    """At any moment at which something happens; who has yet to be named in a roll call counts as here."""
    moments = {event.at for event in events}
    moments |= {event.at + SECOND for event in events if isinstance(event, RoomJoined)}
    for shot in direct(events, rules, START, END).shots:
        for moment in sorted(moments | {shot.start}):
            if shot.start <= moment < shot.end:
                assert is_there(shot, stage_at(events, moment)), moment
                assert shot.showing != "nobody" or not stage_at(events, moment).present


@given(st.tuples(_spans, _spans, _spans))
def test_a_cut_lies_exactly_a_pre_roll_before_the_first_word_whenever_nothing_forbids_it(
    spans: tuple[list[tuple[int, int]], ...],
) -> None:
    """Three people stay in the room; somebody begins while nobody else speaks, and no shot has just begun."""
    people = dict(zip(PEOPLE, spans, strict=True))
    spoken = [
        (heard.began, faded.ended, who)
        for who, each in people.items()
        for heard, faded in zip(_speeches(who, each)[::2], _speeches(who, each)[1::2], strict=True)
        if isinstance(heard, SpeechHeard) and isinstance(faded, SpeechFaded)
    ]
    room = [event for who in PEOPLE for event in person(10, who)]
    cuts = cuts_in_steps(in_order(room + [event for who in PEOPLE for event in _speeches(who, people[who])]), [])
    for began, ended, who in spoken:
        wanted = began - RULES.pre_roll
        alone = not any(b < ended and began - RULES.pre_roll <= e for b, e, other in spoken if other != who)
        before = [cut for cut in cuts if cut.at < wanted][-1]
        if (
            alone
            and began + RULES.shortest_speech <= END
            and wanted - before.at >= RULES.shortest_shot
            and before.participant != who
        ):
            assert Cut(wanted, who, "camera", "speaking") in cuts
    for cut, before in zip(cuts[1:], cuts, strict=False):
        if cut.reason != "speaking":
            continue
        exact = any(began - RULES.pre_roll == cut.at for began, _, who in spoken if who == cut.participant)
        waited = cut.at == before.at + RULES.shortest_shot
        stops = [ended for _, ended, who in spoken if who != cut.participant]
        gave_up = any(
            cut.at in (ended, ended + Ear().pause - RULES.look_ahead) for ended in stops
        )  # or is foreseen to
        assert exact or waited or gave_up, cut
