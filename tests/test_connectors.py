"""What an audio connector mixes and says, without a room and a WebSocket."""

import json

import numpy as np

from reelroom.connectors.mixing import Mix
from reelroom.connectors.wish import Connecting, Transport


def frame(*samples: int) -> bytes:
    return np.array(samples, dtype="<i2").tobytes()


def test_microphones_are_added_and_silence_fills_up() -> None:
    mix = Mix(8000, 4)
    assert mix.take() == frame(0, 0, 0, 0)
    mix.add("ann", frame(1, 2, 3, 4, 5))
    mix.add("bob", frame(10, 20))
    assert mix.take() == frame(11, 22, 3, 4)
    assert mix.take() == frame(5, 0, 0, 0)


def test_too_loud_a_sum_stays_at_full_scale() -> None:
    mix = Mix(8000, 2)
    mix.add("ann", frame(30_000, -30_000))
    mix.add("bob", frame(30_000, -30_000))
    assert mix.take() == frame(32_767, -32_768)


def test_who_is_far_behind_loses_the_oldest_and_who_is_gone_all() -> None:
    mix = Mix(8000, 160)
    mix.add("ann", frame(*range(1700)))  # 200 ms are 1600
    assert mix.take() == frame(*range(100, 260))
    mix.remove("ann")
    assert mix.take() == bytes(320)


def test_a_wish_comes_through_to_the_process_as_it_was() -> None:
    transport = Transport(as_json=True, audio_field="sound", receive_field="answer", static_fields={"id": 7})
    wish = Connecting("wss://example.org/x", ["TR_a"], {"X-Call": "7"}, 24_000, True, transport)
    assert Connecting.from_json(wish.to_json()) == wish
    assert wish.frame_bytes == 960
    assert json.loads(wish.event("connected")) == {
        "X-Call": "7",
        "content-type": "audio/l16;rate=24000",
        "event": "websocket:connected",
    }


def test_sound_travels_as_it_is_or_in_json() -> None:
    assert Transport().pack(b"ab") == b"ab" and Transport().unpack({"audio": "YWI="}) == b""
    transport = Transport(as_json=True, static_fields={"type": "sound"})
    packed = transport.pack(b"ab")
    assert json.loads(packed) == {"type": "sound", "audio": "YWI="}
    assert transport.unpack(json.loads(packed)) == b"ab"
    assert transport.unpack({"audio": "no base64!"}) == transport.unpack({"audio": 7}) == transport.unpack({}) == b""
