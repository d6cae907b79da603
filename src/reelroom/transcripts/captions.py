"""Captions: a transcript in pieces that are read while they are heard, as WebVTT and SubRip."""

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reelroom.cutting.vtt import captions as vtt_file
from reelroom.cutting.vtt import one_line, timestamp
from reelroom.transcripts.words import Passage, Transcript, Word

# What viewers can read: https://www.w3.org/WAI/media/av/captions/ and broadcasters' guides, which agree on these.
_LINE = 42  # columns; two lines at most
_MOST = 2 * _LINE
_LONGEST = 7_000_000  # µs
_SHORTEST = 1_000_000  # a word alone is shown for so long, where nothing follows
_PAUSE = 700_000  # a silence that a caption does not go on over
_CLAUSE_ENDS = tuple(".?!…,;:。？！、，；")
_ENOUGH = 28  # columns from which on the end of a clause ends a caption


@dataclass(frozen=True)
class Caption:
    """`text`, one or two lines, said by `name`, shown during [start, end), µs from the start of the film."""

    start: int
    end: int
    name: str
    text: str


def captions(transcript: Transcript) -> list[Caption]:
    """The captions of a film, in order; those of people who talk at once overlap."""
    shown = [caption for passage in transcript.passages for caption in _of(passage, transcript.start, transcript.end)]
    return sorted(shown, key=lambda caption: (caption.start, caption.end))


def _of(passage: Passage, start: int, end: int) -> list[Caption]:
    groups = _groups(passage.words)
    shown = []
    for number, words in enumerate(groups):
        free = groups[number + 1][0].start if number + 1 < len(groups) else end
        until = min(max(words[-1].end, words[0].start + _SHORTEST), free, end)
        text = _in_lines("".join(word.text for word in words).strip())
        shown.append(
            Caption(max(words[0].start, start) - start, max(until, words[0].start) - start, passage.name, text)
        )
    return [caption for caption in shown if caption.start < caption.end]


def _groups(words: Sequence[Word]) -> list[list[Word]]:
    groups: list[list[Word]] = [[words[0]]]
    for word in words[1:]:
        group = groups[-1]
        width = columns("".join(each.text for each in group).strip())
        if (
            word.start - group[-1].end >= _PAUSE
            or word.end - group[0].start > _LONGEST
            or width + columns(word.text) > _MOST
            or (width >= _ENOUGH and group[-1].text.endswith(_CLAUSE_ENDS))
        ):
            groups.append([word])
        else:
            group.append(word)
    return groups


def columns(text: str) -> int:
    """How wide a text is: letters of East Asia take two columns (Unicode's annex 11), marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _in_lines(text: str) -> str:
    """One line, or two that are about equally long."""
    if columns(text) <= _LINE:
        return text
    middle = len(text) // 2
    spaces = [index for index, letter in enumerate(text) if letter == " "]
    if not spaces:
        return f"{text[:middle]}\n{text[middle:]}"
    at = min(spaces, key=lambda index: abs(index - middle))
    return f"{text[:at]}\n{text[at + 1 :]}"


def as_vtt(shown: Iterable[Caption]) -> str:
    """As WebVTT, with the speaker as the cue's voice."""
    return vtt_file((caption.start, caption.end, caption.name, caption.text) for caption in shown)


def one_by_one(shown: Sequence[Caption]) -> list[tuple[int, int, str]]:
    """For players that show one text at a time: from when to when (µs), and what; who speaks is named as in SubRip.

    While several talk at once, it is what all of them say.
    """
    texts = _with_names(shown)
    begin: defaultdict[int, list[int]] = defaultdict(list)  # their numbers, by moments
    end: defaultdict[int, list[int]] = defaultdict(list)
    for number, caption in enumerate(shown):
        if caption.start < caption.end:
            begin[caption.start].append(number)
            end[caption.end].append(number)
    found: list[tuple[int, int, str]] = []
    talking: set[int] = set()
    for since, until in itertools.pairwise(sorted({at for caption in shown for at in (caption.start, caption.end)})):
        talking.difference_update(end[since])
        talking.update(begin[since])
        if talking:
            found.append((since, until, "\n".join(texts[number] for number in sorted(talking))))
    return found


def as_srt(shown: Sequence[Caption]) -> str:
    """As SubRip, which knows no voices: who speaks is named where that changes."""
    return "\n".join(
        f"{number}\n{timestamp(caption.start, ',')} --> {timestamp(caption.end, ',')}\n{text}\n"
        for number, (caption, text) in enumerate(zip(shown, _with_names(shown), strict=True), 1)
    )


def _with_names(shown: Sequence[Caption]) -> list[str]:
    """The text of each, with who speaks where that is another one than before."""
    names = [None, *(caption.name for caption in shown)]
    return [
        caption.text if caption.name == before else f"{one_line(caption.name)}: {caption.text}"
        for caption, before in zip(shown, names, strict=False)
    ]
