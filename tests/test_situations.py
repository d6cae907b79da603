"""Staged meetings from sound to shots: who is on screen, and whose turn it is. `make bench` scores all of them."""

import pytest
from bench.situations import Score, run

from tests.situations import SITUATIONS

SHARE, SHARE_EARLY, FALSE_A_MINUTE, HELD_ON = 97.0, 98.0, 0.05, 1.5  # %, %, a minute, s
TELLING = ("a whisper", "a siren", "echo, -8 dB, 120 ms", "one room, -10 dB", "an interruption that fails")
TELLING_MORE = (
    "turns, English and German",
    "a microphone 30 dB down",
    "a telephone rings during a turn",
    "one room, one microphone 12 dB louder",
    "an interruption that lasts",
)


def named(name: str) -> Score:
    return run(next(situation for situation in SITUATIONS if situation.name == name))


@pytest.mark.parametrize("name", [*TELLING, *(pytest.param(name, marks=pytest.mark.slow) for name in TELLING_MORE)])
def test_the_speaker_is_on_screen_and_nobody_else(name: str) -> None:
    score = named(name)
    assert score.takeovers == []
    assert score.ghosts == []
    assert score.share >= SHARE
    assert score.early == score.cuts
    assert max(score.held_on, default=0.0) <= HELD_ON


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_all_situations_together() -> None:
    total = Score()
    for situation in SITUATIONS:
        total.add(run(situation))
    assert len(SITUATIONS) >= 40
    assert total.share >= SHARE
    assert total.share_early >= SHARE_EARLY
    assert total.false_a_minute < FALSE_A_MINUTE
    assert max(total.held_on) <= HELD_ON
