"""Which data messages are lines of the chat, and what is kept of them."""

import pytest

from reelroom.takes.chat import ChatMessage, message_of, to_json
from reelroom.takes.events import DataReceived

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
