"""Which pictures of a film are copied as their camera encoded them, and which are made; decided step by step.

A copy begins with a picture that can be decoded by itself, goes on while each picture needs nothing but those before
it, and may end at any. So nothing has to be known of what comes later: a film that follows its room and one that is
made a year later copy the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One encoded picture of a track file: its `number` in it, and when (µs of room time) it was taken.

    `enters`: it can be decoded by itself, and is as the film shows it. `follows`: it needs nothing but the pictures
    before it, of which none is missing.
    """

    file: str
    number: int
    at: int
    enters: bool
    follows: bool


@dataclass(frozen=True)
class Copying:
    """What is being copied: the file, and the number of its next picture."""

    file: str
    next: int


@dataclass(frozen=True)
class Copied:
    """The pictures of one step, none where the one before is still seen; `copying` goes on from there."""

    samples: tuple[Sample, ...]
    copying: Copying


def copied(copying: Copying | None, file: str | None, samples: Sequence[Sample]) -> Copied | None:
    """What of `samples` is copied in a step of the film; None: its picture is made.

    `file` is the one whose pictures alone fill the frame as they came, None where there is no such; `samples` are its
    pictures up to the end of the step: from the next that is to be copied, or those of the step.
    """
    if file is None:
        return None
    if copying is not None and copying.file == file:
        taken: list[Sample] = []
        for sample in samples:
            if not (sample.follows or sample.enters) or sample.number != copying.next + len(taken):
                break
            taken.append(sample)
        else:
            return Copied(tuple(taken), Copying(file, copying.next + len(taken)))
    entries = [index for index, sample in enumerate(samples) if sample.enters]
    if not entries:
        return None
    rest = tuple(samples[entries[-1] :])
    if any(not sample.follows for sample in rest[1:]):
        return None
    return Copied(rest, Copying(file, rest[-1].number + 1))
