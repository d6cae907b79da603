"""Who spoke when, and the chapters that it makes."""

import pytest

from reelroom import vtt
from reelroom.events import (
    Event,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    RoomJoined,
    Speaker,
    SpeakersChanged,
)
from reelroom.turns import Turn, chapters, turns_between

S = 1_000_000
DELAY = S // 2


def speaks(at: float, *who: str) -> Event:
    """Who speaks from `at` (s) on, told half a second later."""
    return SpeakersChanged(at=round(at * S) + DELAY, speakers=tuple(Speaker(participant=each) for each in who))


def joins(who: str, name: str) -> Event:
    return ParticipantJoined(at=0, participant=who, name=name)


def spoken(*events: Event, start: float = 0, end: float = 60) -> list[tuple[str, float, float]]:
    turns = turns_between(events, round(start * S), round(end * S), DELAY)
    return [(turn.name, turn.start / S, turn.end / S) for turn in turns]


def test_a_turn_lies_where_the_speech_was() -> None:
    assert spoken(joins("a", "Ann"), speaks(3, "a"), speaks(8)) == [("Ann", 3, 8)]


def test_a_breath_does_not_end_a_turn() -> None:
    assert spoken(joins("a", "Ann"), speaks(3, "a"), speaks(5), speaks(6, "a"), speaks(8)) == [("Ann", 3, 8)]
    assert spoken(joins("a", "Ann"), speaks(3, "a"), speaks(5), speaks(7, "a"), speaks(8)) == [
        ("Ann", 3, 5),
        ("Ann", 7, 8),
    ]


def test_turns_overlap_and_a_noise_is_none() -> None:
    events = joins("a", "Ann"), joins("b", "Ben"), speaks(1, "a"), speaks(4, "a", "b"), speaks(6, "b"), speaks(9)
    assert spoken(*events) == [("Ann", 1, 6), ("Ben", 4, 9)]
    assert spoken(joins("a", "Ann"), speaks(1, "a"), speaks(1.1)) == []


def test_who_leaves_stops_speaking() -> None:
    assert spoken(joins("a", "Ann"), speaks(1, "a"), ParticipantLeft(at=4 * S, participant="a")) == [("Ann", 1, 4)]
    assert spoken(joins("a", "Ann"), speaks(1, "a"), RoomJoined(at=5 * S, session="s")) == [("Ann", 1, 5)]


def test_a_film_of_a_part_has_its_part_of_the_turns() -> None:
    events = joins("a", "Ann"), speaks(1, "a"), speaks(9)
    assert spoken(*events, start=2, end=5) == [("Ann", 2, 5)]
    assert spoken(*events, start=20, end=25) == []


def test_what_happens_after_the_end_is_not_known() -> None:
    renamed = ParticipantRenamed(at=10 * S, participant="a", name="Anna")
    assert spoken(joins("a", "Ann"), speaks(1, "a"), renamed, end=8) == [("Ann", 1, 8)]


def test_the_nameless_are_somebody() -> None:
    assert spoken(joins("a", ""), speaks(1, "a"), speaks(4)) == [("Somebody", 1, 4)]


def turn(name: str, start: float, end: float) -> Turn:
    return Turn(round(start * S), round(end * S), name.lower(), name)


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([], []),
        ([turn("Ann", 2, 8)], [("Ann", 0, 20)]),
        ([turn("Ann", 2, 8), turn("Ben", 9, 15)], [("Ann", 0, 9), ("Ben", 9, 20)]),
        ([turn("Ann", 2, 8), turn("Ann", 12, 15)], [("Ann", 0, 20)]),
        ([turn("Ann", 2, 8), turn("Ben", 4, 6), turn("Ann", 9, 12)], [("Ann", 0, 20)]),  # talks in between
        ([turn("Ann", 2, 8), turn("Ben", 5, 15)], [("Ann", 0, 8), ("Ben", 8, 20)]),  # and goes on
        ([turn("Ann", 2, 8), turn("Ben", 9, 10), turn("Cid", 11, 15)], [("Ann", 0, 11), ("Cid", 11, 20)]),
    ],
)
def test_a_chapter_is_who_has_the_floor(turns: list[Turn], expected: list[tuple[str, float, float]]) -> None:
    made = chapters(turns, 0, 20 * S)
    assert [(each.name, each.start / S, each.end / S) for each in made] == expected


def test_speakers_as_webvtt() -> None:
    text = vtt.speakers([turn("Ann <3 & co\n", 3661.5, 3662)], 0)
    assert text == ("WEBVTT\n\n01:01:01.500 --> 01:01:02.000\n<v Ann &lt;3 &amp; co>Ann &lt;3 &amp; co</v>\n")


def test_thumbnails_as_webvtt() -> None:
    text = vtt.thumbnails("x.jpg", 12, 10, 160, 90, 2 * S, 23 * S)
    assert text.count("-->") == 12
    assert text.endswith("\n00:00:22.000 --> 00:00:23.000\nx.jpg#xywh=160,90,160,90\n")
