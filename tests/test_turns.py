"""Who spoke when, and the chapters that it makes."""

import pytest

from reelroom.cutting import vtt
from reelroom.cutting.turns import Turn, chapters, heard_turns, turns_between
from reelroom.takes.events import SpeechFaded, SpeechHeard

S = 1_000_000
NAMES = {"a": "Ann", "b": "Ben", "c": ""}


def spoken(
    *spans: tuple[str, float, float | None], start: float = 0, end: float = 60
) -> list[tuple[str, float, float]]:
    """The turns (s) that follow from speech, which is known half a second late; None: it has not faded."""
    speech: list[SpeechHeard | SpeechFaded] = []
    for who, since, until in spans:
        speech.append(SpeechHeard(at=round(since * S) + S // 2, participant=who, began=round(since * S)))
        if until is not None:
            speech.append(SpeechFaded(at=round(until * S) + S // 2, participant=who, ended=round(until * S)))
    turns = turns_between(sorted(speech, key=lambda event: event.at), NAMES, round(start * S), round(end * S))
    return [(turn.name, turn.start / S, turn.end / S) for turn in turns]


def test_a_breath_does_not_end_a_turn() -> None:
    assert spoken(("a", 3, 5), ("a", 6, 8)) == [("Ann", 3, 8)]
    assert spoken(("a", 3, 5), ("a", 7, 8)) == [("Ann", 3, 5), ("Ann", 7, 8)]


def test_turns_overlap_and_a_noise_is_none() -> None:
    assert spoken(("a", 1, 6), ("b", 4, 9)) == [("Ann", 1, 6), ("Ben", 4, 9)]
    assert spoken(("a", 1, 1.1)) == []


def test_who_has_not_fallen_silent_speaks_until_the_end() -> None:
    assert spoken(("a", 50, None)) == [("Ann", 50, 60)]


def test_a_film_of_a_part_has_its_part_of_the_turns() -> None:
    assert spoken(("a", 1, 9), start=2, end=5) == [("Ann", 2, 5)]
    assert spoken(("a", 1, 9), start=20, end=25) == []


def test_the_nameless_are_somebody() -> None:
    assert spoken(("c", 1, 4), ("d", 5, 8)) == [("Somebody", 1, 4), ("Somebody", 5, 8)]


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


def test_of_a_turn_only_what_is_heard_is_told() -> None:
    turns = [Turn(0, 9 * S, "a", "Ann"), Turn(4 * S, 6 * S, "b", "Ben")]
    audience = [(0, frozenset[str]()), (2 * S, frozenset("a")), (5 * S, frozenset("ab")), (7 * S, frozenset("b"))]
    heard = heard_turns(turns, audience, 10 * S)
    assert [(turn.name, turn.start / S, turn.end / S) for turn in heard] == [("Ann", 2, 7), ("Ben", 5, 6)]
