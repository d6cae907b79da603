"""Which ranges of a film are left, where words, fillers and long silences are taken out of it."""

import json
from pathlib import Path

import pytest

from reelroom.archives.by_words import WordsOrder, left_by_words
from reelroom.archives.film_files import FilmFiles
from reelroom.errors import BadRequest, Conflict
from reelroom.files.films import Storage
from reelroom.store.values import Archive
from reelroom.transcripts.editing import Cutting, Spoken, left_of
from tests.takes import SECOND


def spoken(*words: tuple[float, float, str], language: str = "en") -> list[Spoken]:
    return [Spoken(round(start * SECOND), round(end * SECOND), text, language) for start, end, text in words]


def left(words: list[Spoken], length: float, cutting: Cutting, speech=()) -> list[tuple[float, float]]:
    spans = [(round(start * SECOND), round(end * SECOND)) for start, end in speech]
    return [(start / SECOND, end / SECOND) for start, end in left_of(words, spans, round(length * SECOND), cutting)]


SAID = spoken((1, 1.4, " We"), (1.5, 2, " um"), (2.1, 2.5, " agree."), (8, 8.5, " On"), (8.5, 9, " what?"))


def test_what_is_dropped_goes_with_half_of_the_short_pauses_beside_it() -> None:
    assert left(SAID, 10, Cutting(frozenset({1}))) == [(0, 1.45), (2.05, 10)]
    assert left(SAID, 10, Cutting(fillers=True)) == [(0, 1.45), (2.05, 10)]


def test_of_long_pauses_beside_it_a_moment_stays() -> None:
    assert left(SAID, 10, Cutting(frozenset({3, 4}))) == [(0, 2.8)]
    assert left(SAID, 10, Cutting(frozenset({0, 1, 2}))) == [(7.7, 10)]


def test_long_silences_go_but_for_a_moment_and_speech_that_nobody_understood_is_none() -> None:
    assert left(SAID, 10, Cutting(longest_pause=2 * SECOND)) == [(0, 2.8), (7.7, 10)]
    assert left(SAID, 10, Cutting(longest_pause=2 * SECOND), [(3, 7)]) == [(0, 10)]
    assert left([], 10, Cutting(longest_pause=2 * SECOND), [(4, 5)]) == [(3.7, 5.3)]


def test_nothing_goes_while_somebody_says_a_word_that_stays() -> None:
    both = spoken((1, 2, " One"), (2, 3, " two"), (3, 4, " three"), (1.8, 2.6, " Meanwhile"))
    assert left(both, 5, Cutting(frozenset({0, 1, 2}))) == [(1.8, 2.6)]


def test_a_filler_of_one_language_is_a_word_of_another() -> None:
    german = spoken((1, 1.4, " Er"), (1.5, 2, " kommt"), (2.1, 2.5, " um"), (2.6, 3, " ähm,"), language="de")
    assert left(german, 4, Cutting(fillers=True)) == [(0, 2.55)]


def test_all_gone_is_nothing() -> None:
    assert left(SAID, 10, Cutting(frozenset(range(5)))) == []
    assert left(SAID, 10, Cutting()) == [(0, 10)]


TIMES = {"start_us": 0, "created_at": 1, "updated_at": 1}
ARCHIVE = Archive(id="a" * 36, session_id="s", take_id="t", status="available", resolution="640x480", **TIMES)


@pytest.fixture
def films(tmp_path: Path) -> FilmFiles:
    words = [{"from": word.start / SECOND, "to": word.end / SECOND, "text": word.text} for word in SAID]
    passage = {"language": "en", "words": words}
    (tmp_path / f"{ARCHIVE.id}.transcript.json").write_text(json.dumps({"passages": [passage]}))
    turns = [{"start": 5 + SECOND, "end": 5 + 2_500_000, "participant": "a"}]
    (tmp_path / f"{ARCHIVE.id}.timeline.json").write_text(
        json.dumps({"start": 5, "end": 5 + 10 * SECOND, "turns": turns})
    )
    return FilmFiles(Storage(tmp_path))


async def test_an_archive_is_cut_by_the_words_of_its_transcript(films: FilmFiles) -> None:
    left = await left_by_words(films, ARCHIVE, WordsOrder(keep=((0, 0), (2, 2)), pauses=2))
    assert (left.ranges, left.length) == (((0, 1.45), (2.05, 2.8)), 10)
    assert left.duration == pytest.approx(2.2)
    for order, words in (
        (WordsOrder(drop=((3, 5),)), "words: 3 to 5 are none of the transcript's 5 words"),
        (WordsOrder(keep=((0, 1),), drop=((2, 2),)), "words: either keep or drop"),
        (WordsOrder(drop=((0, 4),)), "words: nothing would be left of the film"),
        (WordsOrder(pauses=0.1), "pauses: from 0.3 to 3600 s"),
    ):
        with pytest.raises(BadRequest) as refused:
            await left_by_words(films, ARCHIVE, order)
        assert str(refused.value).startswith(words)


async def test_without_a_transcript_silences_are_known_all_the_same(films: FilmFiles) -> None:
    films.storage.path(ARCHIVE.id, ".transcript.json").unlink()
    assert (await left_by_words(films, ARCHIVE, WordsOrder(pauses=2))).ranges == ((0, 2.8),)
    with pytest.raises(Conflict, match="no transcript to be cut by"):
        await left_by_words(films, ARCHIVE, WordsOrder(drop=((0, 0),)))
