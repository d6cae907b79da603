"""Summing up: what a model is asked, what of its answers is believed, and how parts become one."""

import json
from typing import Any

import pytest

from reelroom.transcripts.summary import Note, summary_as_json
from reelroom.transcripts.summing_up import (
    Draft,
    Line,
    Question,
    Unusable,
    draft_as_json,
    draft_from_json,
    lines_of,
    next_step,
    read_answer,
    summary_of,
)
from reelroom.transcripts.words import Passage, Transcript, Word

SECOND = 1_000_000
CONTEXT = 4096


def said(*texts: str) -> list[Line]:
    return [Line(number * 10 * SECOND, f"Ann: {text}") for number, text in enumerate(texts)]


def answer(**more: Any) -> str:
    point = {"text": "The release moves.", "line": 2}
    found = {"title": "Release", "summary": [point], "decisions": [{"text": "Friday it is.", "line": 2}], "tasks": []}
    return json.dumps(found | more)


def asked() -> Question:
    step = next_step(said("Hello.", "We ship on Friday.", "Fine."), "en", {}, CONTEXT)
    assert isinstance(step, Question)
    return step


def test_each_line_has_a_number_and_who_said_it() -> None:
    question = asked()
    assert question.text == "[1] Ann: Hello.\n[2] Ann: We ship on Friday.\n[3] Ann: Fine."
    assert "Write in the language en." in question.instructions
    assert question.lines == {1: 0, 2: 10 * SECOND, 3: 20 * SECOND}


def test_what_is_answered_rests_on_the_moment_of_its_line() -> None:
    task = {"text": "Write to the office.", "who": " Ben ", "line": 3}
    draft = read_answer(asked(), answer(tasks=[task]))
    assert draft.points == (Note("The release moves.", 10 * SECOND),)
    assert draft.decisions == (Note("Friday it is.", 10 * SECOND),)
    assert draft.tasks == (Note("Write to the office.", 20 * SECOND, "Ben"),)


def test_a_fence_and_thoughts_around_an_answer_do_no_harm() -> None:
    plain = read_answer(asked(), answer())
    assert read_answer(asked(), f"```json\n{answer()}\n```") == plain
    assert read_answer(asked(), f"<think>hm {{</think>\n{answer()}") == plain


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I am sorry, I cannot help with that.", "no JSON"),
        ("[]", "dictionary"),
        (answer(summary=[]), "summary"),
        (answer(summary=[{"text": "x", "line": 7}]), "line 7, which it was not shown"),
        (answer(summary=[{"text": "x", "line": "2"}]), "summary.0.line"),
        (answer(summary=[{"text": "x" * 301, "line": 2}]), "summary.0.text"),
        (answer(decisions=[{"text": " \n ", "line": 2}]), "cannot be read"),
        (answer(tasks=[{"text": "x", "line": 2}]), "tasks.0.who"),
        (answer(title="bell \x07"), "cannot be read"),
        (answer(mood="good"), "mood"),
        (answer(decisions=[{"text": "x", "line": 1}] * 31), "decisions"),
    ],
)
def test_rubbish_is_not_believed(text: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        read_answer(asked(), text)


def test_a_long_passage_has_a_moment_for_each_of_its_parts() -> None:
    words = tuple(Word(n * SECOND, (n + 1) * SECOND, f" word{n:04d}", 1.0) for n in range(200))
    lines = lines_of(Transcript(0, 200 * SECOND, "en", (Passage("ann", "Ann", "en", words),)))
    assert len(lines) == 4 and lines[1].at > 60 * SECOND
    assert " ".join(line.text.removeprefix("Ann: ") for line in lines) == "".join(word.text for word in words).strip()


def answered(question: Question) -> Draft:
    """As a model would: the first line it was shown is the point, and what is decided."""
    first = min(question.lines)
    found: dict[str, Any] = {"title": f"from {first}", "summary": [{"text": f"point of {first}", "line": first}]}
    if question.whole:
        note = {"text": f"on {question.lines[first]}", "line": first}
        found |= {"decisions": [note, {"text": "the same", "line": first}], "tasks": [{**note, "who": "Ben"}]}
    return read_answer(question, json.dumps(found))


def test_a_long_meeting_is_summed_up_in_parts_that_fit_and_then_as_a_whole() -> None:
    lines = [Line(number * SECOND, f"Ann: {'word ' * 40}{number}") for number in range(2000)]
    known: dict[str, Draft] = {}
    sizes, kinds = [], []
    while isinstance(step := next_step(lines, "de", known, CONTEXT), Question):
        sizes.append(len((step.instructions + step.text).encode()) / 3)
        kinds.append(step.whole)
        known[step.id] = answered(step)
    assert max(sizes) < CONTEXT * 3 / 4
    parts = kinds.count(True)
    assert parts > 50 and kinds == [True] * parts + [False] * (len(kinds) - parts)
    assert step.points == (Note("point of 1", 0),)
    assert len(step.tasks) == parts and all(task.who == "Ben" for task in step.tasks)
    assert len(step.decisions) == parts + 1  # what is said in each part counts once
    assert [note.at for note in step.tasks] == sorted(note.at for note in step.tasks)


def test_points_that_are_too_long_together_are_cut_and_there_is_always_an_end() -> None:
    """Letters of three bytes each, as many of them as are believed, and a model that takes little."""
    lines = [Line(number * SECOND, f"安: {'語' * 180}") for number in range(200)]
    known: dict[str, Draft] = {}
    while isinstance(step := next_step(lines, "zh", known, 2048), Question):
        assert len((step.instructions + step.text).encode()) / 3 < 2048 * 3 / 4
        points = [{"text": "語" * 300, "line": line} for line in sorted(step.lines)[:8]]
        more = {"decisions": [], "tasks": []} if step.whole else {}
        known[step.id] = read_answer(step, json.dumps({"title": "語", "summary": points, **more}))
    assert len(step.points) <= 8


def test_what_was_answered_before_an_end_is_not_asked_again() -> None:
    lines = [Line(number * SECOND, f"Ann: {'word ' * 40}{number}") for number in range(200)]
    known: dict[str, Draft] = {}
    while isinstance(step := next_step(lines, "en", known, CONTEXT), Question):
        known[step.id] = answered(step)
    kept = json.loads(json.dumps({each: draft_as_json(draft) for each, draft in known.items()}))
    assert next_step(lines, "en", {each: draft_from_json(found) for each, found in kept.items()}, CONTEXT) == step
    with pytest.raises(ValueError, match="no draft"):
        draft_from_json({"title": "x", "points": [1], "decisions": [], "tasks": []})


def test_it_is_kept_with_moments_of_the_film_and_of_the_room() -> None:
    draft = Draft("T", (Note("a", 1_500_000),), (), (Note("b", 2 * SECOND, "Ben"),))
    found = json.loads(summary_as_json(summary_of(draft, "en"), "small", lambda at: at + 7))
    assert found == {
        "version": 1,
        "language": "en",
        "model": "small",
        "title": "T",
        "summary": [{"text": "a", "at": 1.5, "roomTime": 1_500_007}],
        "decisions": [],
        "tasks": [{"text": "b", "at": 2.0, "roomTime": 2_000_007, "who": "Ben"}],
    }
