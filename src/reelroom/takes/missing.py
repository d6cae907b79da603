"""What a recording does not have, though it was there to be recorded: told in figures and in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from reelroom.takes.events import Source

What = Literal["interrupted", "not_recorded", "stood_still", "encrypted", "undecodable", "file_missing", "declined"]

_MOST_WORDS = 800  # characters: an archive's reason has room for 1024
_ROLES: dict[Source, str] = {
    "camera": "camera",
    "microphone": "microphone",
    "screen_share": "screen",
    "screen_share_audio": "screen's sound",
    "unknown": "track",
}
_SAYS: dict[What, str] = {
    "not_recorded": "was not recorded",
    "stood_still": "stood still",
    "encrypted": "was encrypted end to end",
    "undecodable": "could not be decoded and is left out",
    "file_missing": "lacks a file",
}


@dataclass(frozen=True)
class Missing:
    """Something that is missing in [start, end), µs of room time; `participant` and `track` where it is theirs."""

    what: What
    start: int
    end: int
    participant: str = ""
    track: str = ""
    source: Source = "unknown"
    detail: str = ""  # words for people


def in_words(missing: Iterable[Missing], names: dict[str, str], start: int) -> str:
    """A sentence or several, parted by semicolons; "" when nothing is missing. Times count from `start` (µs)."""
    ordered = sorted(missing, key=lambda each: (each.what != "interrupted", each.what, each.participant, each.source))
    groups = groupby(ordered, key=lambda each: (each.what, each.participant, each.source, each.detail))
    told: list[str] = []
    left = 0
    for _, group in groups:
        words = _told(sorted(group, key=lambda each: each.start), names, start)
        if left or sum(map(len, told)) + len(words) > _MOST_WORDS:
            left += 1
        else:
            told.append(words)
    if left:
        told.append(f"and {left} more")
    return "; ".join(told)


def _told(group: Sequence[Missing], names: dict[str, str], start: int) -> str:
    first = group[0]
    if first.what == "interrupted":
        subject, verb = "recording", "interrupted"
    elif first.what == "declined":
        subject, verb = _line(names.get(first.participant, "")) or "somebody", "did not agree to be recorded"
    else:
        owner = _line(names.get(first.participant, "")) or "somebody"
        subject, verb = f"{owner}'s {_ROLES[first.source]}", _SAYS[first.what]
    words = f"{subject} {verb}"
    if first.what in ("interrupted", "stood_still"):
        whole = sum(each.end - each.start for each in group)
        if len(group) > 1:
            words += f" {len(group)} times, for {lasting(whole)} in all, first"
        else:
            words += f" for {lasting(whole)}"
        words += f" at {clock(first.start - start)}"
    elif first.detail:
        words += f" ({_line(first.detail)})"
    return words


def _line(text: str) -> str:
    """Text of other people's, as part of a sentence."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:80]).strip()


def lasting(us: int) -> str:
    """A duration for people: 0.4 s, 12 s, 3 min 5 s."""
    seconds = us / 1_000_000
    if seconds < 1.95:
        return f"{max(0.1, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def clock(us: int) -> str:
    """A time of a film, as players show it: 3:07, 1:02:03."""
    minutes, seconds = divmod(max(0, us) // 1_000_000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
