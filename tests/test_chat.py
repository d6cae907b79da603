"""Which data messages are lines of the chat, and what is kept of them."""

from pathlib import Path

import pytest

from reelroom.composer.scene import Scene
from reelroom.cutting.plan import Plan, Planned
from reelroom.takes.chat import ChatMessage, message_of, to_json
from reelroom.takes.events import DataReceived
from tests.takes import TakeMaker, at, tone

NAMES = {"a1": "Ann", "b2": ""}


def said(text: str, participant: str = "a1", topic: str = "chat") -> ChatMessage | None:
    return message_of(DataReceived(at=5_000_999, participant=participant, topic=topic, text=text), NAMES)


def test_a_line_is_told_with_its_time_and_its_sender() -> None:
    assert said('{"text": "Hello", "name": "Somebody else", "at": 7}') == ChatMessage(5000, "a1", "Ann", "Hello")
    assert said("plain words") == ChatMessage(5000, "a1", "Ann", "plain words")
    assert said('"quoted"') == ChatMessage(5000, "a1", "Ann", '"quoted"')


def test_who_is_not_known_by_name_says_their_own() -> None:
    assert said('{"text": "Hi", "name": "Ben"}', "b2") == ChatMessage(5000, "b2", "Ben", "Hi")
    assert said('{"text": "Hi"}', "c3") == ChatMessage(5000, "c3", "", "Hi")


@pytest.mark.parametrize("text", ["", "  \n", "{}", '{"text": 5}', '{"text": " "}'])
def test_nothing_is_no_line(text: str) -> None:
    assert said(text) is None


def test_other_messages_are_none_of_it() -> None:
    assert said("x", topic="reaction") is None
    assert said("x", participant="") is None


def test_form() -> None:
    line = said("Hello")
    assert line is not None
    assert to_json([line]) == {
        "version": 1,
        "messages": [{"at": 5000, "participant": "a1", "name": "Ann", "text": "Hello"}],
    }


def test_who_never_agreed_to_be_recorded_is_neither_named_nor_read(tmp_path: Path) -> None:
    """Eve agrees later, and declines again: what she wrote is hers to have in it."""
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "microphone", tone(440, 3))
    for who, answers in (("ben", ("asked", "declined")), ("eve", ("declined", "given", "declined"))):
        maker.joins(0, who)
        for number, consent in enumerate(answers):
            maker.event(0.1 + number / 10, "consent_changed", participant=who, consent=consent)
    for second, who in ((1, "ann"), (1.5, "ben"), (2, "eve")):
        text = f'{{"text": "I am {who}"}}'
        maker.event(second, "data_received", participant=who, topic="chat", text=text)
    scene = Scene(maker.write(), Planned(Plan(has_video=False)), at(0))
    try:
        scene.advance(at(3), at(3))
        assert [line.text for line in scene.chat(at(3))] == ["I am ann", "I am eve"]
        assert set(scene.names()) == {"ann", "eve"}
    finally:
        scene.close()
