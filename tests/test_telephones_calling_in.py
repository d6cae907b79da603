"""What a caller presses, and how often they may guess: without a telephone."""

from reelroom.telephones.entry import Attempt, Entry
from reelroom.telephones.guesses import Guesses
from reelroom.telephones.prompts import FOLDER, frames
from reelroom.telephones.wire import FRAME_BYTES
from tests.prompts import WORDS


def pressed(entry: Entry, keys: str) -> tuple[Entry, list[object]]:
    outcomes: list[object] = []
    for key in keys:
        entry, outcome = entry.press(key)
        outcomes += [outcome] if outcome is not None else []
    return entry, outcomes


def test_who_dialled_a_room_presses_its_pin() -> None:
    entry = Entry.begin("123456789")
    assert entry.asks == "pin"
    assert pressed(entry, "654321")[1] == [Attempt("123456789", "654321")]
    assert pressed(entry, "#6543#")[1] == [Attempt("123456789", "6543")], "too short: it is judged as it is"
    assert pressed(entry, "99*A654321#")[1] == [Attempt("123456789", "654321")], "a star begins anew"


def test_who_dialled_a_providers_number_presses_the_rooms_first() -> None:
    entry = Entry.begin("")
    assert entry.asks == "number"
    entry, outcomes = pressed(entry, "123456789#")
    assert (outcomes, entry.asks) == (["pin"], "pin"), "the # after the last digit is nothing more"
    assert pressed(entry, "654321")[1] == [Attempt("123456789", "654321")]
    entry, outcomes = pressed(entry, "6*")
    assert entry.asks == "number"


def test_a_call_has_three_attempts() -> None:
    entry, prompt = pressed(Entry.begin(""), "123456789654321")[0].failed()
    assert (entry.asks, prompt) == ("number", "wrong"), "which of the two was wrong is not said"
    entry, prompt = entry.failed()
    assert prompt == "wrong"
    assert entry.failed()[1] == "goodbye"


def test_whoever_was_wrong_too_often_waits() -> None:
    guesses = Guesses(600, {"caller": 2, "address": 3})
    ann, ben = {"caller": "ann", "address": "a"}, {"caller": "ben", "address": "a"}
    guesses.wrong(0, **ann)
    guesses.wrong(1, **ann)
    assert not guesses.may(2, **ann)
    assert guesses.may(2, **ben)
    guesses.wrong(2, **ben)
    assert not guesses.may(3, **ben), "nor anybody else from that address"
    assert guesses.may(3, caller="cleo", address="b")
    assert guesses.may(601, **ann)


def test_each_prompt_is_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.wav")} == set(WORDS)
    for name in WORDS:
        sound = list(frames(name))
        assert 50 < len(sound) < 500 and {len(frame) for frame in sound} == {FRAME_BYTES}
