"""Corrections: what was said, and by whom, where a model has heard something else. What it heard stays beside it."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reelroom.cutting.kept import Kept
from reelroom.transcripts.words import Passage, Transcript, Word


@dataclass(frozen=True)
class Correction:
    """What was said into `participant`'s microphone during [start, end), µs of room time, and by whom (`name`)."""

    id: str
    participant: str
    start: int
    end: int
    name: str
    words: tuple[Word, ...]


def reworded(heard: Sequence[Word], text: str) -> tuple[Word, ...]:
    """What was really said, where these words were heard: what was understood rightly keeps its time.

    What is new shares the time of what it stands for by the length of its words. At least one word each.
    """
    said = text.split()
    found: list[Word] = []
    known, right = [word.text.strip().casefold() for word in heard], [word.casefold() for word in said]
    alike = difflib.SequenceMatcher(None, known, right, autojunk=False)
    for kind, first, last, since, until in alike.get_opcodes():
        if kind == "equal":
            pairs = zip(heard[first:last], said[since:until], strict=True)
            found += [replace(word, text=f" {spelt}") for word, spelt in pairs]
        elif until > since:
            found += _shared(said[since:until], *_room(heard, first, last))
    return tuple(found)


def _room(heard: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """The time of some words, or of what lies between those beside them."""
    if first < last:
        return heard[first].start, heard[last - 1].end
    if first == 0:
        return heard[0].start, heard[0].start
    return heard[first - 1].end, heard[first].start if first < len(heard) else heard[-1].end


def _shared(said: Sequence[str], start: int, end: int) -> Iterator[Word]:
    whole, done = sum(map(len, said)), 0
    for word in said:
        since, done = done, done + len(word)
        length = end - start
        yield Word(start + length * since // whole, start + length * done // whole, f" {word}", 1.0)


def as_heard(said: Transcript) -> Transcript:
    """A transcript without its corrections."""
    passages = (
        replace(passage, name=passage.heard_name, words=passage.heard, heard=(), heard_name="", correction="")
        if passage.correction
        else passage
        for passage in said.passages
    )
    return replace(said, passages=_in_order(passage for passage in passages if passage.words))


def corrected(said: Transcript, corrections: Iterable[Correction], film: Kept) -> Transcript:
    """The transcript of a film that keeps these ranges, with corrections; each is a passage of its own."""
    passages = list(said.passages)
    for each in corrections:
        passages = _corrected(passages, each, film, said.start - film.start)
    return replace(said, passages=_in_order(passages))


def _corrected(passages: Sequence[Passage], each: Correction, film: Kept, shift: int) -> list[Passage]:
    start, end = film.joined(each.start) + shift, film.joined(each.end) + shift
    words = tuple(
        replace(word, start=film.joined(word.start) + shift, end=film.joined(word.end) + shift)
        for word in each.words
        if film.has((word.start + word.end) // 2)
    )
    if not words:
        return list(passages)
    left: list[Passage] = []
    heard: list[Word] = []
    language, name = "", each.name
    for passage in passages:
        inside = [start <= (word.start + word.end) // 2 < end for word in passage.words]
        if passage.participant != each.participant or passage.correction or not any(inside):
            left.append(passage)
            continue
        language, name = passage.language, passage.name
        first, last = inside.index(True), len(inside) - inside[::-1].index(True)
        heard += passage.words[first:last]
        left += [replace(passage, words=part) for part in (passage.words[:first], passage.words[last:]) if part]
    if not heard and any(_stands(passage, each.participant, start, end) for passage in passages):
        return list(passages)  # somebody has said already what was said there
    made = Passage(
        each.participant, each.name, language or _first_language(passages), words, tuple(heard), name, each.id
    )
    return [*left, made]


def _stands(passage: Passage, participant: str, start: int, end: int) -> bool:
    """Whether a passage is another correction of somebody's words during [start, end)."""
    corrected = passage.correction != "" and passage.participant == participant
    return corrected and passage.start < end and start < passage.end


def _first_language(passages: Sequence[Passage]) -> str:
    return passages[0].language if passages else ""


def _in_order(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    return tuple(sorted(passages, key=lambda passage: (passage.start, passage.end)))
