"""Who is on screen: stories of events in and shots out, and what holds for all of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.director import Director, Rules, direct
from reelroom.events import (
    Event,
    ParticipantJoined,
    ParticipantLeft,
    RoomJoined,
    Source,
    Speaker,
    SpeakersChanged,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
    parse_lines,
)
from reelroom.stage import Stage
from reelroom.timeline import Cut, Timeline

STORIES = sorted(path.parent for path in (Path(__file__).parent / "stories").glob("*/events.jsonl"))
SECOND = 1_000_000
START = 10 * SECOND


def events_of(story: Path) -> list[Event]:
    text = (story / "events.jsonl").read_bytes()
    events = parse_lines(text)
    assert len(events) == len(text.splitlines()), "a line of the story is not an event"
    return events


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Path) -> None:
    expected = json.loads((story / "timeline.json").read_text())
    timeline = direct(events_of(story), Rules(), expected["start"], expected["end"])
    assert json.loads(json.dumps(timeline.to_json())) == expected


def camera(at: float, who: str) -> list[Event]:
    """Somebody comes in with a camera."""
    return [
        ParticipantJoined(at=round(at * SECOND), participant=who),
        TrackPublished(at=round(at * SECOND), participant=who, track=f"{who}-camera", kind="video", source="camera"),
    ]


def speak(at: float, *who: str) -> Event:
    """From `at` (s) on these speak; written as late as the engine tells it."""
    told = round(at * SECOND) + Rules().speaker_delay
    return SpeakersChanged(at=told, speakers=tuple(Speaker(participant=each) for each in who))


def shown(events: list[Event], end: float) -> list[tuple[float, str]]:
    """From which second on who is shown."""
    timeline = direct(events, Rules(), START, round(end * SECOND))
    return [(shot.start / SECOND, shot.participant) for shot in timeline.shots]


def test_short_remark_does_not_steal_the_shot() -> None:
    room = [*camera(10, "ann"), *camera(10, "bob")]
    talk = [speak(15, "bob"), speak(16, "ann"), speak(16.9, "bob")]
    assert shown(room + talk, 20) == [(10, "ann"), (15, "bob")]


def test_remark_that_outlasts_the_hold_is_shown() -> None:
    room = [*camera(10, "ann"), *camera(10, "bob")]
    talk = [speak(15, "bob"), speak(16, "ann"), speak(17.1, "bob")]
    assert shown(room + talk, 20) == [(10, "ann"), (15, "bob"), (17, "ann"), (19, "bob")]


def test_the_cut_lies_on_the_first_word_although_the_engine_tells_it_late() -> None:
    events = [*camera(10, "ann"), *camera(10, "bob"), speak(15, "bob")]
    assert events[-1].at == round(15.5 * SECOND)
    assert shown(events, 20)[1] == (15, "bob")


def test_speaker_without_camera_is_shown() -> None:
    events = [*camera(10, "ann"), ParticipantJoined(at=START, participant="bob"), speak(15, "bob")]
    assert shown(events, 20) == [(10, "ann"), (15, "bob")]


def test_speaker_who_is_not_in_the_room_is_passed_over() -> None:
    assert shown([*camera(10, "ann"), speak(15, "ghost")], 20) == [(10, "ann")]


def test_an_empty_room_has_one_shot_of_nobody() -> None:
    timeline = direct([], Rules(), START, 2 * START)
    assert [(shot.start, shot.end, shot.showing) for shot in timeline.shots] == [(START, 2 * START, "nobody")]


def test_everybody_left_while_the_tap_was_down() -> None:
    events = [*camera(10, "ann"), RoomJoined(at=15 * SECOND, session="s")]
    assert shown(events, 20) == [(10, "ann"), (16, "")]


def test_a_roll_call_keeps_who_is_named() -> None:
    stage = Stage()
    for event in [
        *camera(10, "ann"),
        *camera(10, "bob"),
        RoomJoined(at=15 * SECOND, session="s"),
        *camera(15.9, "bob"),
    ]:
        stage.apply(event)
    stage.pass_time(16 * SECOND - 1)
    assert set(stage.present) == {"ann", "bob"}
    stage.pass_time(16 * SECOND)
    assert set(stage.present) == {"bob"}
    assert stage.shown("camera") == ["bob"]


def test_who_comes_back_is_not_taken_to_speak() -> None:
    stage = Stage()
    for event in [*camera(10, "ann"), speak(11, "ann"), ParticipantLeft(at=12 * SECOND, participant="ann")]:
        stage.apply(event)
    stage.apply(ParticipantJoined(at=13 * SECOND, participant="ann"))
    assert stage.speaking() == []


PEOPLE = ("ann", "bob", "cleo")
SOURCES: tuple[Source, ...] = ("camera", "screen_share")
_moments = st.integers(0, 150).map(lambda tenth: START + tenth * SECOND // 10)
_people = st.sampled_from(PEOPLE)


def _of_a_track(at: int, who: str, source: Source, what: str) -> Event:
    track = f"{who}-{source}"
    match what:
        case "published" | "published muted":
            return TrackPublished(
                at=at, participant=who, track=track, kind="video", source=source, muted=what != "published"
            )
        case "muted":
            return TrackMuted(at=at, participant=who, track=track)
        case "unmuted":
            return TrackUnmuted(at=at, participant=who, track=track)
        case _:
            return TrackUnpublished(at=at, participant=who, track=track)


_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(ParticipantJoined, at=_moments, participant=_people),
    st.builds(ParticipantLeft, at=_moments, participant=_people),
    st.builds(RoomJoined, at=_moments, session=st.just("s")),
    st.builds(
        lambda at, who: SpeakersChanged(at=at, speakers=tuple(Speaker(participant=each) for each in who)),
        _moments,
        st.lists(_people, unique=True),
    ),
    st.builds(
        _of_a_track,
        _moments,
        _people,
        st.sampled_from(SOURCES),
        st.sampled_from(["published", "published muted", "muted", "unmuted", "unpublished"]),
    ),
)
_takes = st.lists(_events, max_size=40).map(lambda events: sorted(events, key=lambda event: event.at))
END = START + 20 * SECOND


def cuts_in_steps(events: list[Event], steps: list[int]) -> list[Cut]:
    """The cuts of a director that is fed as a composer behind a running room does; what was fixed must stay."""
    director = Director()
    waiting = list(events)
    for fed in [*steps, END]:
        while waiting and waiting[0].at <= fed:
            director.feed(waiting.pop(0))
        fixed = list(director.cuts)
        director.advance(fed)
        assert director.cuts[: len(fixed)] == fixed
        assert all(cut.at <= fed - director.rules.look_ahead for cut in director.cuts)
    director.finish(END)
    return director.cuts


@given(_takes, st.lists(st.integers(START - SECOND, END), max_size=60).map(sorted))
def test_feeding_in_pieces_or_at_once_gives_the_same_cuts(events: list[Event], steps: list[int]) -> None:
    assert cuts_in_steps(events, steps) == cuts_in_steps(events, [])


@given(_takes, st.integers(1, 40))
def test_a_cut_is_fixed_before_its_moment_is_drawn(events: list[Event], pictures_a_second: int) -> None:
    """A composer draws the moment `fed - look_ahead` right after `advance(fed)`: no later cut may change it."""
    steps = list(range(START, END, SECOND // pictures_a_second))
    final = cuts_in_steps(events, [])
    director, waiting = Director(), list(events)
    for fed in steps:
        while waiting and waiting[0].at <= fed:
            director.feed(waiting.pop(0))
        director.advance(fed)
        moment = fed - director.rules.look_ahead
        assert director.cuts == [cut for cut in final if cut.at <= moment]


@given(_takes)
def test_shots_tile_the_time_without_gap_or_overlap(events: list[Event]) -> None:
    start, end = START + 3 * SECOND, START + 12 * SECOND
    timeline = direct(events, Rules(), start, end)
    edges = [edge for shot in timeline.shots for edge in (shot.start, shot.end)]
    assert edges[0] == start
    assert edges[-1] == end
    assert edges[1:-1:2] == edges[2::2]
    assert all(shot.start < shot.end for shot in timeline.shots)


@given(_takes)
def test_same_take_and_same_rules_give_the_same_timeline(events: list[Event]) -> None:
    def timeline() -> Timeline:
        return direct(events, Rules(), START, END)

    assert timeline() == timeline()


@given(_takes)
def test_only_who_left_or_stopped_sharing_is_cut_short(events: list[Event]) -> None:
    timeline = direct(events, Rules(), START, END)
    for shot in timeline.shots[:-1]:
        if shot.showing == "nobody" or shot.end - shot.start >= Rules().hold or shot.start == START:
            continue
        stage = Stage()
        for event in events:
            if event.at <= shot.end and not isinstance(event, SpeakersChanged):
                stage.apply(event)
        stage.pass_time(shot.end)
        if shot.showing == "screen_share":
            happened = {
                event.participant for event in events if event.at == shot.end and hasattr(event, "participant")
            }
            assert shot.participant not in stage.shown("screen_share") or shot.participant in happened
        else:
            came_back = any(isinstance(e, ParticipantJoined) and e.at == shot.end for e in events)
            assert shot.participant not in stage.present or came_back


@given(_takes)
def test_nobody_is_shown_who_is_not_in_the_room(events: list[Event]) -> None:
    """Whoever is on screen with a camera at the end is present, or owns a camera that outlived a torn roll call."""
    timeline = direct(events, Rules(), START, END)
    stage = Stage()
    for event in events:
        stage.apply(event)
    stage.pass_time(END)
    last = timeline.shots[-1]
    if last.showing == "nobody":
        assert not stage.present
        assert not stage.shown("camera")
    elif last.showing == "screen_share":
        assert last.participant in stage.shown("screen_share")
    else:
        assert last.participant in {*stage.present, *stage.shown("camera")}
