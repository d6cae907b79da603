"""Who spoke when: turns in a conversation, and the chapters of a film that they make."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reelroom.takes.events import SpeechFaded, SpeechHeard

_BREATH = 1_500_000  # µs; who goes on after a shorter silence has not stopped
_NOISE = 250_000  # what is shorter is no turn
_INTERJECTION = 1_500_000  # what is shorter gets no chapter
_NAMELESS = "Somebody"


@dataclass(frozen=True)
class Turn:
    """`participant`, called `name`, speaks during [start, end), µs; turns may overlap."""

    start: int
    end: int
    participant: str
    name: str


def turns_between(
    speech: Iterable[SpeechHeard | SpeechFaded], names: Mapping[str, str], start: int, end: int
) -> tuple[Turn, ...]:
    """The turns within [start, end), µs of room time, in order; who has not fallen silent speaks until the end."""
    spans: dict[str, list[tuple[int, int]]] = {}
    began: dict[str, int] = {}
    for event in speech:
        if isinstance(event, SpeechHeard):
            began.setdefault(event.participant, event.began)
        elif event.participant in began:
            spans.setdefault(event.participant, []).append((began.pop(event.participant), event.ended))
    for who, since in began.items():
        spans.setdefault(who, []).append((since, end))
    turns = [
        Turn(max(since, start), min(until, end), who, names.get(who) or _NAMELESS)
        for who, pieces in spans.items()
        for since, until in _bridged(pieces)
    ]
    kept = [turn for turn in turns if turn.end - turn.start >= _NOISE]
    return tuple(sorted(kept, key=lambda turn: (turn.start, turn.end)))


def heard_turns(turns: Iterable[Turn], audience: Sequence[tuple[int, frozenset[str]]], end: int) -> tuple[Turn, ...]:
    """Of these turns what is heard, where `audience` says from when (µs) on who is; the last holds until `end`."""
    until = [*(at for at, _ in audience[1:]), end]
    spans: dict[str, list[tuple[int, int]]] = {}
    for (since, heard), before in zip(audience, until, strict=True):
        for who in heard:
            spans.setdefault(who, []).append((since, before))
    parts = [
        replace(turn, start=max(turn.start, since), end=min(turn.end, before))
        for turn in turns
        for since, before in _joined(spans.get(turn.participant, []))
    ]
    kept = [part for part in parts if part.end - part.start >= _NOISE]
    return tuple(sorted(kept, key=lambda turn: (turn.start, turn.end)))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    whole: list[tuple[int, int]] = []
    for since, before in spans:
        if whole and whole[-1][1] == since:
            whole[-1] = whole[-1][0], before
        else:
            whole.append((since, before))
    return whole


def _bridged(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    whole: list[tuple[int, int]] = []
    for since, until in pieces:
        if whole and since - whole[-1][1] < _BREATH:
            whole[-1] = whole[-1][0], max(until, whole[-1][1])
        else:
            whole.append((since, until))
    return whole


def chapters(turns: Iterable[Turn], start: int, end: int) -> tuple[Turn, ...]:
    """Turns that tile [start, end), each with the participant who has the floor; none when nobody speaks.

    Who speaks while another has the floor gets it when that turn ends and theirs goes on.
    """
    floor: list[Turn] = []
    free = start
    for turn in turns:
        begin = max(turn.start, free)
        if turn.end - begin < _INTERJECTION:
            continue
        free = max(free, turn.end)
        if not floor or floor[-1].participant != turn.participant:
            floor.append(Turn(begin, turn.end, turn.participant, turn.name))
    starts = [start, *(turn.start for turn in floor[1:]), end]
    return tuple(
        Turn(starts[index], starts[index + 1], turn.participant, turn.name) for index, turn in enumerate(floor)
    )
