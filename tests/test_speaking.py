"""Speech of one microphone, divided into what is understood together: pure, but for the model that tells words."""

from itertools import pairwise

import numpy as np
import pytest

from reelroom.captions.arrivals import Arrivals
from reelroom.captions.lateness import Lateness
from reelroom.captions.order import CaptionsOrder
from reelroom.captions.speaking import Said, Speaking
from reelroom.composer.words import RATE, Mono
from tests.voices import Sound, keyboard, said, silence

STEP = RATE // 25


def heard(sound: Sound) -> Mono:
    """As a microphone's, at the rate of captions."""
    whole = sound[: len(sound) // 3 * 3]
    mono: Mono = whole.reshape(-1, 3).mean(axis=1).astype(np.float32)
    return mono


def listen(speaking: Speaking, sound: Sound, *, ask: bool = False) -> list[Said]:
    """What is to be recognised of a sound that comes in at its own pace, from second 0 on."""
    found: list[Said] = []
    samples = heard(sound)
    for first in range(0, len(samples), STEP):
        part = samples[first : first + STEP]
        found += speaking.add(part, (first + len(part)) / RATE)
        if ask and (so_far := speaking.so_far()) is not None:
            found.append(so_far)
    return found


def test_speech_ends_where_its_speaker_pauses() -> None:
    first, second = said("Good morning everybody"), said("Let us begin")
    found = listen(Speaking(), np.concatenate([silence(1.0), first, silence(1.2), second, silence(1.2)]))
    assert [each.final for each in found] == [True, True] and [each.number for each in found] == [1, 2]
    begins = 2.2 + len(first) / 48_000
    assert abs(found[1].began - (begins - 0.4)) < 0.25, "with a little of the time before it"
    assert found[0].heard - found[0].began < len(first) / 48_000 + 1.4


def test_what_is_being_said_is_told_again_and_again_as_it_grows() -> None:
    sound = np.concatenate(
        [said("We will talk about the budget for the next year and then about the garden"), silence(1)]
    )
    *growing, last = listen(Speaking(), sound, ask=True)
    assert len(growing) >= 3 and not any(each.final for each in growing) and last.final
    lengths = [len(each.sound) for each in growing]
    assert all(after - before >= 0.8 * RATE for before, after in pairwise(lengths))
    assert {each.number for each in (*growing, last)} == {1}


def test_who_does_not_pause_is_divided_and_nothing_of_it_is_lost() -> None:
    sentence = said("and the next one is about the house and the one after that is about the garden")
    found = listen(Speaking(), np.concatenate([sentence, sentence, sentence, silence(1)]))
    assert len(found) >= 2 and all(len(each.sound) <= 9 * RATE for each in found)
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    for before, after in pairwise(found):
        assert abs(after.began - (before.began + len(before.sound) / RATE)) < 0.05


def test_keys_and_silence_are_no_speech() -> None:
    assert not listen(Speaking(), np.concatenate([silence(2), keyboard(4, 6), silence(2)]), ask=True)


def test_who_mutes_has_ended() -> None:
    speaking = Speaking()
    assert not listen(speaking, said("Good morning everybody"))
    assert not list(speaking.pause(len(said("Good morning everybody")) / 48_000 + 0.5))
    (ended,) = speaking.pause(10.0)
    assert ended.final
    assert not list(speaking.pause(20.0))


def test_captions_that_come_too_late_for_long_are_given_up() -> None:
    lateness = Lateness()
    lateness.note(heard=0.0, now=2.5)
    assert lateness.lag == 2.5 and not lateness.too_long(100.0)
    for second in range(20):
        lateness.note(heard=second, now=second + 6.0)
    assert lateness.too_long(25.0)
    lateness.note(heard=25.0, now=26.0)
    assert not lateness.too_long(60.0)


def test_sound_that_waited_in_a_queue_is_as_old_as_it_is() -> None:
    """Frames of 40 ms: at first each is waited for; then taking one lasts for 100 ms; then there is a pause."""
    arrivals, now = Arrivals(), 0.0
    for number in range(1, 6):
        asked, now = now, number * 0.04
        assert arrivals.note(asked, now, 0.04) == now
    for number in range(6, 26):
        now += 0.1
        assert arrivals.note(now, now, 0.04) == pytest.approx(number * 0.04)
    lateness = Lateness()
    lateness.note(arrivals.note(now, now, 0.04), now)
    assert lateness.lag == pytest.approx(0.2 + 20 * 0.1 - 26 * 0.04)
    assert arrivals.note(now, now + 3.0, 0.04) == now + 3.0


def test_who_was_asked_and_has_not_agreed_to_be_recorded_is_not_listened_to() -> None:
    in_a_room = CaptionsOrder("", partial=True, own=True, everybody=True, empty_seconds=60)
    of_an_application = CaptionsOrder("en-US", partial=True, own=False, everybody=False, empty_seconds=60)
    for consent, heard in (({}, True), ({"consent": "given"}, True), ({"consent": "asked"}, False)):
        assert in_a_room.hears(consent) is heard
        assert of_an_application.hears({"captionsPublished": "yes", **consent}) is heard
    assert not in_a_room.hears({"consent": "declined"})
    assert not of_an_application.hears({}) and not of_an_application.hears({"captionsPublished": ""})
    assert CaptionsOrder.from_json(in_a_room.to_json()) == in_a_room
