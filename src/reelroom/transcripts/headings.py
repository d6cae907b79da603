"""Titles of a film's chapters: who has the floor, and with which words they begin."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reelroom.cutting.turns import Turn
from reelroom.transcripts.editing import is_filler
from reelroom.transcripts.words import Passage, Word

_MOST = 56  # letters of what is said
_ENOUGH = 24  # from here on a title ends with its sentence
_BEFORE = 300_000  # µs by which a word may begin before the chapter that it opens
_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")


def titled(chapters: Iterable[Turn], passages: Sequence[Passage]) -> tuple[Turn, ...]:
    """Chapters that are called by their speaker and their first words, all in a film's time.

    What people say while they look for words is left out. Where nothing was understood, it is the speaker alone.
    """
    return tuple(_titled(chapter, passages) for chapter in chapters)


def _titled(chapter: Turn, passages: Sequence[Passage]) -> Turn:
    words = [
        (word, passage.name)
        for passage in passages
        if passage.participant == chapter.participant
        for word in passage.words
        if chapter.start - _BEFORE <= word.start < chapter.end and not is_filler(word.text, passage.language)
    ]
    said = _first(word for word, _ in words)
    return replace(chapter, name=f"{words[0][1]}: {said}") if said else chapter


def _first(words: Iterable[Word]) -> str:
    """The first sentences, if they are short, or the beginning of one."""
    text = ""
    for word in words:
        if len(text) >= _ENOUGH and text.endswith(_ENDS):
            break
        if len((text + word.text).strip()) > _MOST:
            return f"{_whole(text.strip() or word.text.strip())}…"
        text += word.text
    return text.strip()


def _whole(text: str) -> str:
    """Not longer than a title is, without a comma at its end."""
    cut = text[:_MOST]
    while cut and (unicodedata.category(cut[-1]).startswith("P") or cut[-1].isspace()):
        cut = cut[:-1]
    return cut
