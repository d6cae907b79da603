"""How loud a film is, and each voice in it: staged meetings, judged by FFmpeg's ebur128 filter."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reelroom.composer.reading import Samples
from reelroom.cutting.plan import Plan
from tests.e2e.films import watch
from tests.ebur128 import measured
from tests.takes import TakeMaker, cut
from tests.voices import RATE, Sound, at_level, joined, music, noise, opus, over, said, silence, talking

SOUND_ALONE = Plan(has_video=False)


def film(folder: Path, seconds: float, sounds: Iterable[tuple[str, str, Sound]], plan: Plan = SOUND_ALONE) -> Samples:
    """What is heard in the film of a meeting of `(who, source, sound)`."""
    maker = TakeMaker(folder / "take")
    for who, source, sound in sounds:
        maker.joins(0, who)
        maker.publishes(0, who, source, opus(sound))
    cut(maker.write(), folder / "film.mp4", 0, seconds, plan=plan)
    return watch(folder / "film.mp4").sound


def between(sound: Samples, begin: float, end: float) -> Samples:
    return sound[:, round(begin * RATE) : round(end * RATE)]


def lag(heard: NDArray[np.float32], sent: Sound) -> int:
    """By how many samples `heard` comes after what was sent."""
    size = 2 * max(len(heard), len(sent))
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size)))
    return (int(np.argmax(likeness)) + size // 2) % size - size // 2


def level(sound: NDArray[np.float32]) -> float:
    """In dB below full scale."""
    return float(10 * np.log10(np.square(sound, dtype=np.float64).mean() + 1e-12))


@dataclass(frozen=True)
class Staged:
    """A meeting as it was sent and as it is heard; times in s."""

    sent: dict[str, Sound]
    heard: Samples
    turns: tuple[tuple[str, float, float], ...]
    pauses: tuple[tuple[float, float], ...]
    shout: tuple[float, float]


LEVELS = {"ann": -20.0, "bob": -30.0, "cyd": -45.0}  # of their words; the rest listens, and shouts
WORDS = (
    ("en-gb", "Shall we look at the numbers together before we go on?"),
    ("de", "Das habe ich ganz anders verstanden und möchte noch einmal darüber reden."),
    ("es", "Creo que deberíamos esperar un poco más porque todavía no sabemos nada."),
)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """Three people in turn, as far from their microphones as people are, twice; then they shout, with three more."""
    length = 60.0
    sent = {who: noise(length, -62, seed, brown=0.5) for seed, who in enumerate(("ann", "bob", "cyd"))}
    sent |= {who: noise(length, -66, seed, brown=0.5) for seed, who in enumerate(("dee", "eve", "fay"), 3)}
    turns, now = [], 2.0
    for who, (voice, words) in [*zip(LEVELS, WORDS, strict=True)] * 2:
        said_so = at_level(said(words, voice), LEVELS[who])
        sent[who] = over(sent[who], said_so, now)
        turns.append((who, now, now + len(said_so) / RATE))
        now = turns[-1][2] + 2
    shout = now, now + 3
    for number, who in enumerate(sent):
        sent[who] = over(sent[who], talking(number, 3.0 + number / 10, -14)[: 3 * RATE], now)
    heard = film(tmp_path_factory.mktemp("staged"), shout[1] + 1, ((who, "microphone", sent[who]) for who in sent))
    pauses = tuple((end + 1.2, end + 1.6) for _, _, end in turns)
    return Staged(sent, heard, tuple(turns), ((0.5, 1.5), *pauses), shout)


@pytest.mark.slow
def test_a_film_has_the_loudness_that_is_asked_for(staged: Staged) -> None:
    spoken = measured(between(staged.heard, 0, staged.shout[0]))
    assert spoken.integrated == pytest.approx(-16, abs=1)
    whole = measured(staged.heard)
    assert whole.integrated == pytest.approx(-16, abs=1)
    assert whole.true_peak <= -1


@pytest.mark.slow
def test_who_sits_far_from_the_microphone_is_as_loud_as_the_others(staged: Staged) -> None:
    loudness = [measured(between(staged.heard, begin, end)).integrated for _, begin, end in staged.turns]
    assert max(loudness) - min(loudness) < 3
    before = [
        measured(np.stack([staged.sent[who][round(begin * RATE) : round(end * RATE)]] * 2)).integrated
        for who, begin, end in staged.turns
    ]
    assert max(before) - min(before) > 23


@pytest.mark.slow
def test_the_first_word_is_as_loud_as_the_last(staged: Staged) -> None:
    for who, begin, end in staged.turns[:3]:
        middle = (begin + end) / 2
        first, last = (
            level(between(staged.heard, *part)[0])
            - level(staged.sent[who][round(part[0] * RATE) : round(part[1] * RATE)])
            for part in ((begin + 0.05, middle), (middle, end))
        )
        assert abs(first - last) < 2, who


@pytest.mark.slow
def test_in_pauses_there_is_less_noise_than_was_sent(staged: Staged) -> None:
    mixed = sum(staged.sent.values())
    heard = [level(between(staged.heard, begin, end)) for begin, end in staged.pauses]
    sent = [level(mixed[round(begin * RATE) : round(end * RATE)]) for begin, end in staged.pauses]
    assert all(ours < theirs - 6 for ours, theirs in zip(heard, sent, strict=True)), (heard, sent)


@pytest.mark.slow
def test_a_shout_of_six_is_no_louder_than_a_film_may_be(staged: Staged) -> None:
    loud = measured(between(staged.heard, *staged.shout))
    assert loud.integrated < -11
    assert loud.true_peak <= -1


@pytest.mark.slow
def test_noise_under_a_voice_does_not_breathe(tmp_path: Path) -> None:
    """A fan 20 dB below the words: between them it is as loud as ever, and in pauses steadily softer than it was."""
    words = at_level(said("One. Two. Three. Four. Five. Six.", "en-gb", 110), -30)
    fan = noise(20, -50, 3, brown=0.6)
    sent = over(over(fan, words, 3), words, 12)
    heard = film(tmp_path, 20, [("ann", "microphone", sent)])
    late = lag(heard[0], sent) / RATE
    between_words = [
        level(between(heard, at + late, at + late + 0.1)[0])
        for at in np.arange(3.2, 3 + len(words) / RATE - 0.2, 0.02)
        if level(sent[round((at - 0.05) * RATE) : round((at + 0.15) * RATE)]) < -48
    ]
    assert len(between_words) > 10
    assert max(between_words) - min(between_words) < 4, between_words
    for begin, end in ((0.3, 2.3), (11.0, 11.2)):
        steps = [level(between(heard, at, at + 0.4)) for at in np.arange(begin, end, 0.1)]
        assert max(steps) - min(steps) < 2
        assert max(steps) < -60


@pytest.mark.parametrize(
    "sent", [silence(6), noise(6, -55, 1, brown=0.5), noise(6, -35, 2)], ids=["silence", "hum", "hiss"]
)
def test_silence_and_noise_are_never_turned_up(tmp_path: Path, sent: Sound) -> None:
    heard = film(tmp_path, 6, [("ann", "microphone", sent)])
    assert level(between(heard, 0.2, 5.8)) <= max(level(sent) - 12, -85)


def test_a_film_of_a_blink_and_one_without_anybody_are_whole(tmp_path: Path) -> None:
    blink = film(tmp_path / "blink", 0.1, [("ann", "microphone", talking(0, 1.0, -20))])
    assert blink.shape[1] >= 4800 and np.abs(blink).max() <= 1
    nobody = film(tmp_path / "nobody", 1, [])
    assert np.abs(nobody).max(initial=0.0) < 1e-6


def test_a_stereo_microphone_keeps_its_sides(tmp_path: Path) -> None:
    left, right = talking(0, 5, -25), talking(1, 5, -35)
    heard = film(tmp_path, 5, [("ann", "microphone", np.stack([left, right]))])
    late = lag(heard[0], left)
    for side, other, sent in ((0, 1, left), (1, 0, right)):
        piece = sent[RATE : 2 * RATE]
        mine, others = (
            abs(np.corrcoef(heard[each, RATE + late : 2 * RATE + late], piece)[0, 1]) for each in (side, other)
        )
        assert mine > 0.8 and others < 0.3, (side, mine, others)
    assert level(heard[0]) - level(heard[1]) == pytest.approx(10, abs=2)
    assert measured(between(heard, 0.5, 4.8)).integrated == pytest.approx(-16, abs=2)


def test_music_of_a_shared_screen_keeps_its_soft_passages(tmp_path: Path) -> None:
    """Turned down as a whole where it is louder than the film; what it had of loud and soft, it has."""
    tune = joined(music(5, -8), music(5, -20, seed=1), music(5, -8, seed=2))
    heard = film(tmp_path, 15, [("ann", "screen_share_audio", tune)])
    sent = np.stack([tune, tune])
    parts = ((1.0, 4.5), (6.0, 9.5), (11.0, 14.5))
    ours, theirs = ([measured(between(each, *part)).integrated for part in parts] for each in (heard, sent))
    assert theirs[0] - theirs[1] == pytest.approx(ours[0] - ours[1], abs=4)
    assert measured(heard).integrated == pytest.approx(-16, abs=3)
    assert measured(heard).true_peak <= -1


def test_another_loudness_may_be_asked_for(tmp_path: Path) -> None:
    plan = SOUND_ALONE.model_copy(update={"loudness": -23.0})
    heard = film(tmp_path, 6, [("ann", "microphone", talking(2, 6, -40))], plan)
    assert measured(between(heard, 0.5, 6)).integrated == pytest.approx(-23, abs=1)
