"""Whose voice a microphone hears: spectra in, a verdict out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reelroom.cutting.crosstalk import BANDS, Crosstalk
from reelroom.cutting.speech import Whose

STEPS = 120
NOISE = -70.0
Spectra = NDArray[np.float32]


def voice(seed: int) -> Spectra:
    """The rise and fall of somebody's words in each band: about -20 dB, changing every 60 ms or so."""
    random = np.random.default_rng(seed)
    turns = random.uniform(-45, -15, (STEPS // 4 + 2, BANDS))
    moments = np.arange(STEPS) / 4
    return np.stack([np.interp(moments, np.arange(len(turns)), turns[:, band]) for band in range(BANDS)], axis=1)


def late(spectra: Spectra, steps: int, level: float) -> Spectra:
    """The same, so much later and louder, over noise."""
    moved = np.vstack([np.full((steps, BANDS), -120.0), spectra])[: len(spectra)] + level
    return np.maximum(moved, NOISE)


def asked(
    ann: Spectra, ben: Spectra, noises: tuple[float, float] = (NOISE, NOISE)
) -> tuple[list[Whose], list[Whose]]:
    """What is said of each of two microphones every six steps."""
    crosstalk, found = Crosstalk(), ([], [])
    for step in range(len(ann)):
        for who, spectra, noise in (("ann", ann, noises[0]), ("ben", ben, noises[1])):
            crosstalk.hear(who, step, spectra[step], worded=True, noise=noise)
        if step % 6 == 5:
            found[0].append(crosstalk.whose("ann", step, 0))
            found[1].append(crosstalk.whose("ben", step, 0))
    return found


@pytest.mark.parametrize("steps", [5, 8, 16])
@pytest.mark.parametrize("level", [-8.0, -20.0, -32.0, 6.0])
def test_an_echo_is_the_voice_of_whom_it_reached_first(steps: int, level: float) -> None:
    own = voice(1)
    ann, ben = asked(own, late(own, steps, level))
    assert set(ann) == {Whose.OWN}
    assert ben[-8:] == [Whose.ANOTHERS] * 8
    assert Whose.DOUBTED in ben, "before that is certain, nobody is believed"


def test_across_a_room_a_voice_is_whose_microphone_heard_it_better() -> None:
    own = voice(2)
    ann, ben = asked(own, late(own, 0, -8))
    assert set(ann) == {Whose.OWN}
    assert ben[-8:] == [Whose.ANOTHERS] * 8


def test_a_louder_microphone_is_told_by_the_noise_of_the_room() -> None:
    own = voice(3)
    ann, ben = asked(own, late(own, 0, 2), noises=(-70, -58))
    assert set(ann) == {Whose.OWN}
    assert ben[-8:] == [Whose.ANOTHERS] * 8


@pytest.mark.parametrize("seed", range(20))
def test_two_who_talk_at_once_are_two(seed: int) -> None:
    ann, ben = asked(voice(2 * seed), voice(2 * seed + 1))
    assert Whose.ANOTHERS not in ann + ben


def test_who_talks_into_an_echo_is_heard_at_once() -> None:
    own, others = voice(4), voice(5)
    mixed = late(own, 6, -15)
    mixed[80:] = np.maximum(mixed[80:], others[80:])
    _, ben = asked(own, mixed)
    assert ben[80 // 6 - 1] is Whose.ANOTHERS
    assert ben[(80 + 18) // 6] is Whose.OWN, "within 0.35 s of the first word"


def test_who_has_left_is_compared_with_nobody() -> None:
    own, crosstalk = voice(6), Crosstalk()
    for step in range(60):
        crosstalk.hear("ann", step, own[step], worded=True, noise=NOISE)
        crosstalk.hear("ben", step, late(own, 6, -10)[step], worded=True, noise=NOISE)
        if step % 6 == 5:
            crosstalk.whose("ben", step, 0)
    assert crosstalk.whose("ben", 59, 0) is Whose.ANOTHERS
    crosstalk.forget("ann")
    assert crosstalk.whose("ben", 59, 0) is Whose.OWN
