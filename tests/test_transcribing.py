"""Transcripts of takes in which every word is known, made by a real model."""

from pathlib import Path

import pytest

from reelroom.cutting.plan import Plan
from reelroom.takes.folder import Take
from reelroom.transcribing.recogniser import ModelError, Recogniser
from reelroom.transcribing.transcribe import transcribe
from reelroom.transcripts.heard import NAME
from reelroom.transcripts.words import Transcript
from tests.meetings import MODEL, meeting, plain, script, word_errors
from tests.takes import SECOND, START, at

SAID = script(
    ("ann", "Good morning. Shall we look at the numbers together before we go on?"),
    ("ben", "Yes. The new release is on Friday afternoon, and nobody told the office."),
    ("cleo", "I can write to them this evening, when the meeting is over."),
    ("ann", "Thank you very much. Then we are done for today."),
)
END = at(SAID[-1].end + 1)


class Counting:
    """A model that counts how often it is asked."""

    def __init__(self, model: Recogniser) -> None:
        self.model, self.asked, self.dies_after = model, 0, 1_000
        self.name, self.language_of = model.name, model.language_of

    def words(self, sound, language):
        if self.asked >= self.dies_after:
            raise KeyboardInterrupt
        self.asked += 1
        return self.model.words(sound, language)


@pytest.fixture(scope="module")
def model() -> Recogniser:
    return Recogniser(MODEL)


@pytest.fixture
def counting(model: Recogniser) -> Counting:
    return Counting(model)


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    return meeting(tmp_path_factory.mktemp("take") / "t", SAID)


def sound_only() -> Plan:
    return Plan(has_video=False)


def forget(take: Take) -> None:
    (take.folder / NAME).unlink(missing_ok=True)


def told(transcript: Transcript) -> list[tuple[str, str]]:
    return [(passage.participant, passage.text) for passage in transcript.passages]


def test_who_said_what_and_when(take: Take, counting: Counting) -> None:
    forget(take)
    made = transcribe(take, sound_only(), START, END, counting)
    assert [passage.participant for passage in made.passages] == [line.who for line in SAID]
    assert [passage.name for passage in made.passages] == ["Ann", "Ben", "Cleo", "Ann"]
    for passage, line in zip(made.passages, SAID, strict=True):
        assert abs(passage.start - at(line.at)) < 0.35 * SECOND
        assert abs(passage.end - at(line.end)) < 0.35 * SECOND
        assert all(word.start <= word.end for word in passage.words)
    expected = [word for line in SAID for word in plain(line.text)]
    heard = [word for passage in made.passages for word in plain(passage.text)]
    assert word_errors(expected, heard) <= 0.15 * len(expected), heard
    assert counting.asked == 3  # one for each of them: what somebody says in half a minute is heard at once
    assert made.language == "en"
    assert [chapter.participant for chapter in made.chapters] == [line.who for line in SAID]


def test_what_was_heard_is_not_heard_again(take: Take, counting: Counting) -> None:
    forget(take)
    whole = transcribe(take, sound_only(), START, END, counting)
    asked = counting.asked
    assert transcribe(take, sound_only(), START, END, counting) == whole
    part = transcribe(take, sound_only(), at(SAID[1].at - 0.5), at(SAID[2].at - 0.5), counting)
    assert counting.asked == asked  # a film that is cut anew costs nothing
    assert told(part) == told(whole)[1:2]


@pytest.mark.slow
def test_after_a_kill_at_any_moment_it_goes_on(take: Take, model: Recogniser) -> None:
    forget(take)
    whole = transcribe(take, sound_only(), START, END, Counting(model))
    forget(take)
    torn = take.folder / NAME
    total = 0
    for _ in range(3):
        dying = Counting(model)
        dying.dies_after = 1
        with pytest.raises(KeyboardInterrupt):
            transcribe(take, sound_only(), START, END, dying)
            raise KeyboardInterrupt  # the last one has nothing left to die of
        total += dying.asked
        with torn.open("ab") as file:
            file.write(b'{"participant": "ann", "from": 1')  # what a crash leaves of a line
    last = Counting(model)
    assert transcribe(take, sound_only(), START, END, last) == whole
    assert total + last.asked == 3


def test_a_voice_in_other_microphones_is_written_once(tmp_path: Path, counting: Counting) -> None:
    take = meeting(tmp_path / "t", SAID[:3], leak=0.3)
    made = transcribe(take, sound_only(), START, END, counting)
    assert [passage.participant for passage in made.passages] == ["ann", "ben", "cleo"]


@pytest.mark.slow
def test_who_speaks_without_end_is_heard_in_parts(tmp_path: Path, model: Recogniser) -> None:
    sentence = "We counted every house in the street, and then we wrote all of the numbers into the book."
    lines = script(*[("ann", sentence)] * 7, pause=0.05)
    assert lines[-1].end > 35
    made = transcribe(meeting(tmp_path / "t", lines), sound_only(), START, at(lines[-1].end + 1), model)
    heard = [word for passage in made.passages for word in plain(passage.text)]
    assert heard.count("house") == 7, heard  # none is lost or heard twice where it was divided
    assert abs(len(heard) - 7 * len(plain(sentence))) <= 7, heard


def test_where_nobody_speaks_no_model_is_asked(tmp_path: Path, counting: Counting) -> None:
    lines = script(("ann", "Good morning."), ("ben", "Good morning to you, too."))
    take = meeting(tmp_path / "t", lines)
    made = transcribe(take, sound_only(), START, at(0.5), counting)
    assert (made.passages, made.language, counting.asked) == ((), "", 0)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model.bin"):
        Recogniser(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Recogniser(tmp_path)
