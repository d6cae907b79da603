"""Finding words in what films hold: how texts are told apart into tokens, and where in a film what is sought is said.

Both databases index these tokens as they are, so the same is found with either: letters and digits without case and
marks; where a script has no spaces between its words, each two letters that stand side by side.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_TERMS = 8
_LONGEST = 64  # letters of a token
_MARKS = re.compile("[\u0300-\u036f]+")
# Thai to Burmese, Khmer, kana, and Han: no spaces between words.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_INDIC = "\u0900-\u0dff"  # whose vowels are marks
_RUN = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])(?:[^\W_]|[{_INDIC}]))+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PIECE, _LONG_PIECE = (
    80,
    240,
)  # letters: a piece of a passage ends with its sentence from here on, and here at the latest
_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")


def folded(text: str) -> str:
    """A text without case and without accents."""
    if text.isascii():
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare.casefold())


def tokens(text: str) -> frozenset[str]:
    """All by which a text is found."""
    found: set[str] = set()
    for run in _RUN.findall(folded(text)):
        if _IS_UNSPACED.match(run):
            found.update(run[at : at + 2] for at in range(len(run)))
        else:
            found.add(run[:_LONGEST])
    return frozenset(found)


@dataclass(frozen=True)
class Term:
    """One word of what is sought, as it was written.

    It is found where all of its `whole` tokens are, and one that begins with `start`; nowhere when that is "".
    """

    text: str
    whole: tuple[str, ...]
    start: str


def terms(sought: str) -> tuple[Term, ...]:
    """What is sought, word by word: each must be found somewhere in a film, the beginning of a word is enough."""
    return tuple(_term(word) for word in sought.split()[:MOST_TERMS])


def person_of(name: str) -> Term:
    """Somebody who is sought by all of these words together."""
    return _term(" ".join(name.split()))


def _term(word: str) -> Term:
    parts: list[str] = []
    for run in _RUN.findall(folded(word)):
        pairs = _IS_UNSPACED.match(run) and len(run) > 1
        parts += [run[at : at + 2] for at in range(len(run) - 1)] if pairs else [run[:_LONGEST]]
    return Term(word, tuple(dict.fromkeys(parts[:-1])), parts[-1] if parts else "")


@dataclass(frozen=True)
class Moment:
    """Something that is said (`words`) or written (`chat`) in a film by `name`, `at` ms from its start."""

    at: int
    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class Hit:
    """A moment in which something sought is found; `marks` are the places in its text, [from, to) in letters."""

    moment: Moment
    marks: tuple[tuple[int, int], ...]


def pieces(words: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """A passage in pieces to be found and shown, each with when (ms) it begins; `words` have their spaces."""
    found: list[tuple[int, str]] = []
    begin, text = 0, ""
    for at, word in words:
        if not text:
            begin = at
        text += word
        if len(text) >= _LONG_PIECE or (len(text) >= _PIECE and text.rstrip().endswith(_ENDS)):
            found.append((begin, text.strip()))
            text = ""
    return [*found, (begin, text.strip())] if text.strip() else found


def hits(moments: Iterable[Moment], sought: Sequence[Term], most: int) -> tuple[int, list[Hit]]:
    """In how many moments something sought is found; and the `most` that have most of it, in order of time."""
    patterns = [pattern for term in sought if (pattern := _pattern(term)) is not None]
    if not patterns:
        return 0, []
    found: list[tuple[int, Moment]] = []
    for moment in moments:
        text = folded(moment.text)
        if count := sum(1 for pattern in patterns if pattern.search(text)):
            found.append((count, moment))
    best = sorted(found, key=lambda each: (-each[0], each[1].at))[:most]
    shown = sorted((moment for _, moment in best), key=lambda moment: moment.at)
    return len(found), [Hit(moment, _marks(moment.text, patterns)) for moment in shown]


def _pattern(term: Term) -> re.Pattern[str] | None:
    runs: list[str] = _RUN.findall(folded(term.text))
    if not runs:
        return None
    begins = "" if _IS_UNSPACED.match(runs[0]) else rf"(?<![^\W_])(?<![{_INDIC}])"
    return re.compile(begins + r"[\W_]*".join(map(re.escape, runs)))


def _marks(text: str, patterns: Iterable[re.Pattern[str]]) -> tuple[tuple[int, int], ...]:
    """Where in a text as it stands: folded, its letters may be more or fewer."""
    plain: list[str] = []
    place: list[int] = []
    for at, letter in enumerate(text):
        for each in folded(letter):
            plain.append(each)
            place.append(at)
    whole, found = "".join(plain), []
    for pattern in patterns:
        found += [(place[hit.start()], place[hit.end() - 1] + 1) for hit in pattern.finditer(whole)]
    marks: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if marks and start <= marks[-1][1]:
            marks[-1] = marks[-1][0], max(end, marks[-1][1])
        else:
            marks.append((start, end))
    return tuple(marks)
