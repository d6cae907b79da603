"""Corrections of what was understood: pure."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reelroom.cutting.kept import Kept
from reelroom.store.corrections import KeptCorrection, without
from reelroom.transcripts.corrections import Correction, as_heard, corrected, reworded
from reelroom.transcripts.documents import as_json, from_json
from tests.test_transcripts import MS, S, passage, spoken, words

WHOLE = Kept(((0, 60 * S),))


def said(found: tuple[object, ...]) -> list[tuple[int, int, str]]:
    return [(word.start // MS, word.end // MS, word.text) for word in found]  # type: ignore[attr-defined]


def test_what_was_understood_rightly_keeps_its_time_and_the_rest_shares_what_it_stands_for() -> None:
    heard = words("we ship on monday")
    right = said(reworded(heard, "We ship the Mondeo"))
    assert right == [(0, 300, " We"), (300, 600, " ship"), (600, 800, " the"), (800, 1200, " Mondeo")]
    assert said(reworded(heard, "ship monday")) == [(300, 600, " ship"), (900, 1200, " monday")]


texts = st.lists(st.sampled_from(["yes", "No", "maybe,", "王", "well"]), min_size=1, max_size=12)


@given(texts, texts)
def test_a_correction_says_what_it_says_in_order_and_in_its_time(heard: list[str], right: list[str]) -> None:
    before = words(" ".join(heard), 5 * S)
    found = reworded(before, " ".join(right))
    assert "".join(word.text for word in found).split() == right
    assert all(one.start <= one.end <= two.start for one, two in itertools.pairwise(found))
    assert before[0].start <= found[0].start and found[-1].end <= before[-1].end


def correction(text: str, start: int, end: int, name: str = "Ann") -> Correction:
    return Correction("c1", "ann", start, end, name, reworded(words(text, start), text))


def test_a_correction_is_a_line_of_its_own_and_what_was_heard_comes_back() -> None:
    heard = spoken(passage("one two three"), passage("four", 10 * S, "Ben"))
    right = corrected(heard, [correction("won too", 0, 900 * MS, "Beth")], WHOLE)
    assert [(each.name, each.text, each.correction) for each in right.passages] == [
        ("Beth", "won too", "c1"),
        ("Ben", "four", ""),
    ]
    assert as_heard(right) == heard
    assert from_json(as_json(right, "base")) == right


def test_of_a_part_of_a_line_the_rest_stays() -> None:
    heard = spoken(passage("one two three four"))
    right = corrected(heard, [correction("too tree", 300 * MS, 900 * MS)], WHOLE)
    assert [each.text for each in right.passages] == ["one", "too tree", "four"]


def test_in_a_film_that_was_cut_again_only_what_it_keeps_is_corrected() -> None:
    right = reworded(words("one two three four", 10 * S), "uno dos tres cuatro")
    fix = Correction("c1", "ann", 10 * S, int(11.2 * S), "Ann", right)
    film = Kept(((0, 2 * S), (int(10.6 * S), 20 * S)))
    heard = spoken(passage("zero", 0), passage("three four", 2 * S), end=11 * S)
    found = corrected(heard, [fix], film)
    assert [(each.start, each.text) for each in found.passages] == [(0, "zero"), (2 * S, "tres cuatro")]
    elsewhere = Kept(((0, 5 * S),))
    assert corrected(heard, [fix], elsewhere) == heard


def test_what_was_corrected_twice_is_said_once() -> None:
    heard = spoken(passage("one two three"))
    fixes = [correction("uno dos tres", 0, 900 * MS), replace(correction("due tre", 300 * MS, 900 * MS), id="c2")]
    assert [each.text for each in corrected(heard, fixes, WHOLE).passages] == ["uno dos tres"]


def test_a_correction_stays_where_another_model_hears_nothing_at_all() -> None:
    heard = spoken(passage("four", 10 * S, "Ben"))
    found = corrected(heard, [correction("one two", 0, 600 * MS)], WHOLE)
    assert [each.text for each in found.passages] == ["one two", "four"]
    assert as_heard(found) == heard


def kept(start: int, end: int, text: str) -> KeptCorrection:
    """Each word takes a tenth of a second."""
    words = [(start + at * 100 * MS, start + (at + 1) * 100 * MS, f" {word}") for at, word in enumerate(text.split())]
    return KeptCorrection(
        id="c", take_id="t", participant="a", start_us=start, end_us=end, name="A", words=words, created_at=1
    )


def test_what_a_correction_says_beside_a_later_one_stays() -> None:
    whole = kept(0, 400 * MS, "one two three four")
    first, last = without(whole, 100 * MS, 300 * MS)
    assert [(each.start_us, each.end_us, each.words) for each in (first, last)] == [
        (0, 100 * MS, [(0, 100 * MS, " one")]),
        (300 * MS, 400 * MS, [(300 * MS, 400 * MS, " four")]),
    ]
    assert first.id == "c" != last.id
    assert without(whole, 0, 400 * MS) == []
    assert without(whole, 0, 300 * MS) == [replace(last, id="c")]


@given(st.integers(0, 3 * S - 1))
def test_a_moment_of_a_film_is_found_in_the_room(at: int) -> None:
    film = Kept(((10 * S, 11 * S), (20 * S, 22 * S)))
    assert film.joined(film.in_room(film.start + at)) == film.start + at
