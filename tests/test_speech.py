"""What is heard as speech: the rule, level by level, and real sounds through Opus files of a take."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.composer.listening import Listening, Windows, decibels, power_of
from reelroom.composer.words import WINDOW
from reelroom.cutting.rules import Rules
from reelroom.cutting.speech import Ear, NoiseFloor, SpeechDetector, Talkers, Whose
from reelroom.takes.events import FileClosed, FileOpened, SpeechFaded, SpeechHeard
from tests import voices
from tests.matroska_files import Frame, written
from tests.voices import RATE, Sound, at_level, joined, loudness, noise, opus, over, said, silence, speech_in

MS = 1000
STEP = 20 * MS


class Microphone:
    """A detector, and the noise of its track."""

    def __init__(self, ear: Ear | None = None) -> None:
        self.detector = SpeechDetector("ann", ear or Ear())
        self.floor = NoiseFloor(self.detector.ear)

    def hear(self, at: int, level: float, worded: bool, whose: Whose = Whose.OWN) -> list[SpeechHeard | SpeechFaded]:
        loud, raised = self.floor.hear(level, STEP)
        return self.detector.hear(at, STEP, loud=loud, raised=raised, worded=worded, whose=whose)


def detected(*pieces: tuple[int, float, bool], ear: Ear | None = None) -> list[SpeechHeard | SpeechFaded]:
    """What a detector says of pieces of (ms, dB, whether it is words)."""
    microphone = Microphone(ear)
    found: list[SpeechHeard | SpeechFaded] = []
    at = 0
    for length, level, worded in pieces:
        for _ in range(length // 20):
            found += microphone.hear(at, level, worded)
            at += STEP
    return found + microphone.detector.pass_time(at + 10_000 * MS)


def heard(at_ms: int, began_ms: int) -> SpeechHeard:
    return SpeechHeard(at=at_ms * MS, participant="ann", began=began_ms * MS)


def faded(at_ms: int, ended_ms: int) -> SpeechFaded:
    return SpeechFaded(at=at_ms * MS, participant="ann", ended=ended_ms * MS)


QUIET, VOICE, AIR = (1000, -80.0, False), -20.0, -25.0


def test_speech_is_known_after_the_shortest_speech_and_its_end_after_a_pause() -> None:
    assert detected(QUIET, (2000, VOICE, True)) == [heard(1600, 1000), faded(3400, 3000)]


def test_what_is_shorter_is_no_speech() -> None:
    assert detected(QUIET, (580, VOICE, True)) == []


def test_noise_is_no_speech_however_loud_and_long() -> None:
    assert detected(QUIET, (5000, -10.0, False)) == []


def test_a_consonant_before_the_voice_belongs_to_it() -> None:
    assert detected(QUIET, (120, AIR, False), (1000, VOICE, True))[0] == heard(1600, 1000)


def test_a_soft_consonant_and_a_stop_belong_to_it_too() -> None:
    spoken = detected(QUIET, (80, -58.0, False), (40, -80.0, False), (1000, VOICE, True))
    assert spoken[0] == heard(1600, 1000)


def test_what_rustles_long_before_the_voice_does_not() -> None:
    assert detected(QUIET, (1000, AIR, False), (1000, VOICE, True))[0] == heard(2360, 1700)


def test_a_pause_within_a_sentence_does_not_end_it() -> None:
    assert detected(QUIET, (1000, VOICE, True), (380, -80.0, False), (1000, VOICE, True)) == [
        heard(1600, 1000),
        faded(3780, 3380),
    ]


def test_a_longer_pause_does() -> None:
    pause = (400, -80.0, False)
    assert len(detected(QUIET, (1000, VOICE, True), pause, (1000, VOICE, True))) == 4


def test_typing_after_the_last_word_does_not_prolong_it() -> None:
    assert detected(QUIET, (1000, VOICE, True), (3000, AIR, False))[-1] == faded(2400, 2000)


def test_no_packets_are_silence() -> None:
    microphone = Microphone()
    spoken = [event for step in range(50) for event in microphone.hear(step * STEP, VOICE, True)]
    detector = microphone.detector
    assert spoken == [heard(600, 0)]
    assert detector.pass_time(1399 * MS) == []
    assert detector.pass_time(1400 * MS) == [faded(1400, 1000)]
    assert detector.silent


def test_a_steady_voice_is_never_taken_for_noise() -> None:
    """Somebody who reads aloud without a breath for a minute."""
    assert detected(QUIET, (60_000, -15.0, True)) == [heard(1600, 1000), faded(61_400, 61_000)]


def test_a_hum_that_was_there_before_is_noise() -> None:
    assert detected((60_000, -40.0, True)) == []


def test_rules_say_how_long_speech_must_be() -> None:
    ear = Rules(shortest_speech=200_000).ear()
    assert detected(QUIET, (300, VOICE, True), ear=ear)[0] == heard(1200, 1000)


WHOSE = st.sampled_from(Whose)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.floats(-90, 0), st.booleans(), st.integers(0, 30), WHOSE), max_size=40)
)
def test_whatever_is_heard_what_is_said_of_it_is_in_order(
    pieces: list[tuple[int, float, bool, int, Whose]],
) -> None:
    """Each speech is told once, after it began, and ended before the next; at most a second after the first word."""
    microphone, at = Microphone(), 0
    found: list[SpeechHeard | SpeechFaded] = []
    for count, level, worded, gap, whose in pieces:
        for _ in range(count):
            found += microphone.hear(at, level, worded, whose)
            at += STEP
        at += gap * STEP
    found += microphone.detector.pass_time(at + 10 * Ear().pause)
    assert [type(event) for event in found] == [SpeechHeard, SpeechFaded] * (len(found) // 2)
    assert [event.at for event in found] == sorted(event.at for event in found)
    for spoken, over_ in zip(found[::2], found[1::2], strict=True):
        assert isinstance(spoken, SpeechHeard)
        assert isinstance(over_, SpeechFaded)
        assert Ear().least <= spoken.at - spoken.began <= Ear().least + Ear().pause
        assert spoken.began <= over_.ended <= over_.at
        assert spoken.at <= over_.at


def told(*pieces: tuple[int, bool, Whose]) -> list[SpeechHeard | SpeechFaded]:
    """What is said of pieces of (ms, whether it is words, whose), all of one level, after a quiet second."""
    microphone = Microphone()
    for at in range(0, 1000 * MS, STEP):
        microphone.hear(at, -80.0, False)
    found: list[SpeechHeard | SpeechFaded] = []
    at = 1000 * MS
    for length, worded, whose in pieces:
        for _ in range(length // 20):
            found += microphone.hear(at, VOICE if worded else -80.0, worded, whose)
            at += STEP
    return found + microphone.detector.pass_time(at + 10_000 * MS)


def test_anothers_voice_is_no_speech() -> None:
    assert told((5000, True, Whose.ANOTHERS)) == []


def test_what_may_be_anothers_voice_waits_until_that_is_certain() -> None:
    assert told((700, True, Whose.DOUBTED), (1000, True, Whose.OWN))[0] == heard(1720, 1000)
    assert told((700, True, Whose.DOUBTED), (1000, True, Whose.ANOTHERS)) == []


def test_who_talks_into_anothers_voice_is_heard_from_about_their_first_word_on() -> None:
    (spoken, _) = told((3000, True, Whose.ANOTHERS), (1000, True, Whose.OWN))
    assert spoken == heard(4000 + 400, 4000 - 200)


def test_who_stops_while_anothers_voice_goes_on_has_fallen_silent() -> None:
    """That it is the other's is known a while after they have begun; it is said of that while, too."""
    (_, over_) = told((3640, True, Whose.OWN), (1000, True, Whose.ANOTHERS))
    assert isinstance(over_, SpeechFaded)
    assert over_.ended / MS == pytest.approx(4000, abs=20)
    assert over_.at / MS == pytest.approx(4640, abs=20)


def test_who_speaks_at_a_moment_is_who_the_turns_say() -> None:
    talkers = Talkers()
    for event in (heard(1600, 1000), faded(3400, 3000), heard(4000, 3400)):
        talkers.feed(event)
    moments = (990, 1000, 2990, 3000, 3390, 3400, 9000)
    assert [bool(talkers.at(ms * MS)) for ms in moments] == [False, True, True, False, False, True, True]


def test_levels_are_in_db_below_full_scale() -> None:
    sine = np.sin(2 * np.pi * 2000 * np.arange(WINDOW) / 16_000).astype(np.float32)
    assert decibels(power_of(sine)) == pytest.approx(-3.0, abs=0.2)
    assert decibels(power_of(sine * 0.1)) == pytest.approx(-23.0, abs=0.2)
    assert decibels(0.0) == -120.0


@given(st.lists(st.integers(1, 5760), max_size=30))
def test_pieces_of_any_length_give_the_same_windows(lengths: list[int]) -> None:
    sound = np.random.default_rng(0).standard_normal((2, sum(lengths) // 3 * 3)).astype(np.float32)
    windows, at, found = Windows(), 0, []
    for asked in lengths:
        length = min(asked // 3 * 3, sound.shape[1] - at)
        found += windows.add(at * 1_000_000 // RATE, sound[:, at : at + length])
        at += length
    whole = list(Windows().add(0, sound[:, :at]))
    assert [window.at for window in found] == pytest.approx([window.at for window in whole], abs=100)
    for one, other in zip(found, whole, strict=True):
        assert np.array_equal(one.samples, other.samples)


def test_a_window_begins_anew_where_sound_is_missing() -> None:
    windows = Windows()
    sound = np.ones((2, 3 * 1000), dtype=np.float32)
    first = list(windows.add(0, sound))
    second = list(windows.add(500_000, sound))
    assert [window.at for window in (*first, *second)] == [0, 500_000]


# Real voices: eSpeak NG's, in several languages, speeds and pitches.

WORDS = (
    "Shall we look at the numbers together?",
    "Yes I think so, that is fine.",
    "He found five cheap fish.",
    "Mmm, no. What about Friday, then?",
    "So, first of all: thank you.",
    "Three things and perhaps six.",
    "Hello everybody, can you hear me?",
    "I would rather not do that.",
)
SPEAKERS = ("en-gb", "en-us+f3", "de", "fr-fr+f2", "en-us", "es")
PAUSE = 1.2  # s


def conversation(level: float, snr: float | None, brown: float, seed: int) -> tuple[Sound, list[float], list[float]]:
    """Twelve utterances at `level` dB over noise; when each begins to be audible, and when each ends, in s.

    Audible is what is at most 25 dB below the utterance's own level, and not below the noise.
    """
    random = np.random.default_rng(seed)
    placed, begins, ends, at = [], [], [], 1.0
    for number in range(12):
        speaker, words = SPEAKERS[(number * 5 + seed) % len(SPEAKERS)], WORDS[number % len(WORDS)]
        voice = at_level(said(words, speaker, (130, 160, 200)[number % 3], (30, 50, 70)[number // 2 % 3]), level)
        audible = np.flatnonzero(loudness(voice) >= level - (25 if snr is None else min(25.0, snr)))
        placed.append((at, voice))
        begins.append(at + audible[0] / 100)
        ends.append(at + len(voice) / RATE)
        at += len(voice) / RATE + PAUSE + random.uniform(0, 0.02)
    sound = silence(at) if snr is None else noise(at, level - snr, seed, brown)
    for begin, voice in placed:
        sound = over(sound, voice, begin)
    return sound, begins, ends


# level (dB), signal to noise (dB; None: digital silence), how brown the noise, ms a packet, sender with DTX
ROOMS = [
    (-20.0, None, 0.0, 20, False),
    (-35.0, None, 0.0, 10, False),
    (-20.0, None, 0.0, 60, True),
    (-12.0, 20.0, 0.5, 40, False),
    (-20.0, 15.0, 0.0, 20, False),
    (-20.0, 15.0, 0.5, 60, False),
    (-35.0, 15.0, 1.0, 20, False),
    (-35.0, 20.0, 0.0, 20, False),
]


@pytest.mark.slow
def test_the_first_word_is_found_within_40_ms(tmp_path: Path) -> None:
    errors: list[float] = []
    for number, (level, snr, brown, packet_ms, gaps) in enumerate(ROOMS):
        sound, begins, ends = conversation(level, snr, brown, number)
        found = speech_in(tmp_path, opus(sound, packet_ms, gaps=gaps))
        starts = np.array([event.began / 1e6 for event in found if isinstance(event, SpeechHeard)])
        stops = np.array([event.ended / 1e6 for event in found if isinstance(event, SpeechFaded)])
        errors += [float(starts[np.abs(starts - begin).argmin()] - begin) for begin in begins]
        late = [float(np.abs(stops - end).min()) for end in ends]
        assert np.median(late) < 0.2, "its end is found, too: but for the last consonant"
        between = [start for start in starts if min(abs(start - begin) for begin in begins) > 3]
        assert between == [], "nothing is heard where nothing is"
    within = np.abs(errors) <= 0.04
    assert len(errors) == 96
    assert within.mean() >= 0.95, f"{within.mean():.3f}: {[round(error * 1000) for error in errors]} ms"


def test_speech_is_known_early_enough_for_the_pre_roll(tmp_path: Path) -> None:
    """What is confirmed `look_ahead − pre_roll` after the first word is cut before it; later, the cut is late."""
    sound, begins, _ = conversation(-20, 25, 0.5, 99)
    known = [e.at - e.began for e in speech_in(tmp_path, opus(sound)) if isinstance(e, SpeechHeard)]
    rules = Rules()
    assert len(known) >= len(begins)
    assert np.mean(np.array(known) <= rules.look_ahead) == 1, "never after the first word"
    assert np.mean(np.array(known) <= rules.look_ahead - rules.pre_roll) > 0.7


ROOM_NOISE = (None, -50.0)
NOISES = {
    "a cough": lambda seed: joined(
        *(joined(voices.cough(ms, -8 - 4 * seed, ms + seed), silence(1)) for ms in COUGHS)
    ),
    "a double cough": lambda seed: joined(
        voices.cough(300, seed=seed), silence(0.2 + seed / 20), voices.cough(280, seed=seed + 50)
    ),
    "a keyboard": lambda seed: voices.keyboard(10, 5 + seed, -20 - 3 * seed, seed),
    "breath": lambda seed: joined(voices.breath(1.5, -35, seed), silence(0.5), voices.breath(0.8, -28, seed)),
    "a door": lambda seed: voices.slam(-5 - 3 * seed, seed),
    "a fan": lambda seed: noise(6, -40 + 4 * seed, seed, seed / 4),
    "yes": lambda seed: said("yes", SPEAKERS[seed]),
}
COUGHS = (200, 250, 300, 350, 400, 450)


@pytest.mark.parametrize("background", ROOM_NOISE)
@pytest.mark.parametrize("name", NOISES)
def test_what_is_no_speech(name: str, background: float | None, tmp_path: Path) -> None:
    for seed in range(4):
        sound = NOISES[name](seed)
        seconds = len(sound) / RATE + 2
        room = silence(seconds) if background is None else noise(seconds, background, seed, 0.5)
        assert speech_in(tmp_path, opus(over(room, sound, 1))) == [], seed


@pytest.mark.slow
def test_music_is_hardly_ever_taken_for_words(tmp_path: Path) -> None:
    """Of four minutes of chords, less than two seconds: a model that is trained is never quite sure."""
    taken = 0
    for seed, background in enumerate(ROOM_NOISE * 2):
        room = silence(62) if background is None else noise(62, background, seed, 0.5)
        found = speech_in(tmp_path, opus(over(room, voices.music(60, -30 - seed, seed), 1)))
        began = [event.began for event in found if isinstance(event, SpeechHeard)]
        taken += sum(event.ended for event in found if isinstance(event, SpeechFaded)) - sum(began)
    assert taken < 2_000_000


def test_who_types_and_then_speaks_is_heard_from_the_first_word_on(tmp_path: Path) -> None:
    sound = over(noise(12, -55, 3), voices.keyboard(8, 7, -30), 1)
    sound = over(sound, said(WORDS[0]), 6)
    (spoken, _) = speech_in(tmp_path, opus(sound))
    assert isinstance(spoken, SpeechHeard)
    assert spoken.began / 1e6 == pytest.approx(6, abs=0.25), "a key right before it may count as its beginning"


@pytest.mark.parametrize("packet_ms", [10, 20, 40, 60])
def test_a_tone_is_nobody(packet_ms: int, tmp_path: Path) -> None:
    tone = (0.4 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)).astype(np.float32)
    assert speech_in(tmp_path, opus(joined(silence(2), tone, silence(2)), packet_ms)) == []


def listening_to(folder: Path, frames: tuple[Frame, ...], source: str = "microphone") -> Listening:
    (folder / "track.mkv").write_bytes(written("opus", frames).data)
    listening = Listening(folder, lambda file: 0, Ear())
    fields = {"participant": "ann", "track": "T", "kind": "audio", "source": source, "codec": "opus"}
    listening.open(FileOpened.model_validate({"at": 0, "file": "track.mkv", "clock_rate": RATE, **fields}))
    return listening


SAID = said("Shall we look at the numbers together")[: 2 * RATE]


def test_a_shared_screen_is_not_listened_to(tmp_path: Path) -> None:
    assert listening_to(tmp_path, opus(SAID), "screen_share_audio").listen(5_000_000) == []


def test_nothing_is_heard_before_its_time(tmp_path: Path) -> None:
    listening = listening_to(tmp_path, opus(joined(silence(1), SAID, silence(1))))
    assert listening.listen(1_560_000) == []
    assert [event.event for event in listening.listen(1_640_000)] == ["speech_heard"]


def test_a_file_is_closed_when_all_of_it_was_heard(tmp_path: Path) -> None:
    listening = listening_to(tmp_path, opus(SAID))
    listening.close(FileClosed(at=1_000_000, file="track.mkv"))
    assert [event.event for event in listening.listen(1_200_000)] == ["speech_heard"]
    assert [event.event for event in listening.listen(3_000_000)] == ["speech_faded"]
    (tmp_path / "track.mkv").unlink()
    assert listening.listen(5_000_000) == []


def test_who_enters_a_long_take_late_hears_its_last_minute_only(tmp_path: Path) -> None:
    frames = [*opus(SAID), *(Frame(frame.ms + 100_000, frame.payload) for frame in opus(SAID))]
    assert [event.event for event in listening_to(tmp_path, tuple(frames)).listen(103_000_000)] == [
        "speech_heard",
        "speech_faded",
    ]
