"""Words as they were said: values in room time, so that they fit every film of a take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reelroom.cutting.kept import Kept
from reelroom.cutting.turns import Turn, chapters

_PAUSE = 1_500_000  # µs; who goes on after a longer silence begins another passage
_LONGEST = 60_000_000  # µs; so does, at the end of a sentence, who has talked for longer
_SENTENCE_ENDS = tuple(".?!…。？！।؟")
_AT_AN_EDGE = 300_000  # µs by which a word may stand outside of the turn in which it was said


@dataclass(frozen=True)
class Word:
    """One word during [start, end), µs of room time; `text` has the space before it and the punctuation after it.

    `confidence` is how sure (0 to 1) whoever heard it is.
    """

    start: int
    end: int
    text: str
    confidence: float


@dataclass(frozen=True)
class Passage:
    """What one participant said without a long pause; there is at least one word. `language` is ISO 639's code.

    Where somebody has corrected it, `correction` is its id, and `heard` and `heard_name` are what a model understood.
    """

    participant: str
    name: str
    language: str
    words: tuple[Word, ...]
    heard: tuple[Word, ...] = ()
    heard_name: str = ""
    correction: str = ""

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end

    @property
    def text(self) -> str:
        """What was said, as one line."""
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True)
class Utterance:
    """What one participant was heard to say in [start, end), µs of room time; no words: nothing was understood."""

    participant: str
    start: int
    end: int
    language: str
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Transcript:
    """What was said in [start, end), µs of room time, in order of time; `language` is the one that most is in.

    `chapters` are the film's: whoever has the floor.
    """

    start: int
    end: int
    language: str
    passages: tuple[Passage, ...]
    chapters: tuple[Turn, ...] = ()


def transcript(utterances: Iterable[Utterance], turns: Sequence[Turn], film: Kept) -> Transcript:
    """The transcript of a film that keeps these ranges, where `turns` say who is heard, when, in room time.

    A word belongs to it when most of it lies within, in a turn of whoever said it. Its times are the film's, which
    begin where its first range does.
    """
    names = {turn.participant: turn.name for turn in turns}
    passages: list[Passage] = []
    for who, name in names.items():
        own = [(turn.start - _AT_AN_EDGE, turn.end + _AT_AN_EDGE) for turn in turns if turn.participant == who]
        heard = [
            (replace(word, start=film.joined(word.start), end=film.joined(word.end)), utterance.language)
            for utterance in utterances
            if utterance.participant == who
            for word in utterance.words
            if film.has(_middle(word)) and any(since <= _middle(word) < until for since, until in own)
        ]
        passages += _passages(who, name, sorted(heard, key=lambda each: each[0].start))
    passages.sort(key=lambda passage: (passage.start, passage.end))
    end = film.start + film.length
    floor = chapters(film.turns(turns), film.start, end)
    return Transcript(film.start, end, _most_spoken(passages), tuple(passages), floor)


def _middle(word: Word) -> int:
    return (word.start + word.end) // 2


def _passages(who: str, name: str, heard: Sequence[tuple[Word, str]]) -> list[Passage]:
    passages: list[Passage] = []
    words: list[Word] = []
    spoken = ""
    for word, language in heard:
        if words and (language != spoken or _is_over(words, word)):
            passages.append(Passage(who, name, spoken, tuple(words)))
            words = []
        words.append(word)
        spoken = language
    return [*passages, Passage(who, name, spoken, tuple(words))] if words else passages


def _is_over(words: Sequence[Word], following: Word) -> bool:
    last = words[-1]
    ended = last.text.endswith(_SENTENCE_ENDS)
    return following.start - last.end >= _PAUSE or (ended and last.end - words[0].start > _LONGEST)


def _most_spoken(passages: Iterable[Passage]) -> str:
    spoken: dict[str, int] = {}
    for passage in passages:
        spoken[passage.language] = spoken.get(passage.language, 0) + len(passage.words)
    return max(spoken, key=lambda language: spoken[language], default="")
