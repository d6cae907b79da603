"""Ranges of time: joined, and taken out of each other."""

from collections.abc import Iterable

Span = tuple[int, int]  # [start, end), µs


def joined_ranges(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same in order, those that touch made one, empty ones left out."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return tuple(whole)


def without(spans: Iterable[Span], out: Iterable[Span]) -> tuple[Span, ...]:
    """What of `spans` is in none of `out`; in order, none touching another."""
    gone = joined_ranges(out)
    left: list[Span] = []
    for start, end in spans:
        at = start
        for since, until in gone:
            if since < end and until > at:
                left.append((at, since))
                at = max(at, until)
        left.append((at, end))
    return joined_ranges(left)
