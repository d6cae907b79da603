"""Any bytes, names and events: readers, cards and conclusions neither fall nor take for good what is not there."""

import json
import tempfile
from pathlib import Path
from typing import Any, get_args

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelroom.composer.cards import caption, label, lower_third, portrait
from reelroom.composer.film import Film
from reelroom.composer.lettering import clean
from reelroom.composer.reading import AudioReader, VideoReader
from reelroom.composer.sizes import MOST_PIXELS
from reelroom.composer.text_tracks import Chapter
from reelroom.cutting.director import direct
from reelroom.cutting.rules import Rules
from reelroom.cutting.turns import Turn
from reelroom.cutting.vtt import chapter_titles, speakers
from reelroom.layouts.tiles import tiles_of
from reelroom.takes.clock import RoomClock
from reelroom.takes.events import Codec, Event, parse_lines
from reelroom.takes.missing import Missing, in_words
from reelroom.takes.offered import Offers
from reelroom.takes.stage import Stage
from tests.matroska_files import Frame, written
from tests.test_reading import frames_of

RARE = st.characters(categories=("Cc", "Cf", "Mn", "Zl", "Zp", "Co", "So"))
NAMES = st.text(st.one_of(st.characters(), RARE), max_size=80)


ROUGH = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
DEEP = settings(max_examples=3000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def name_is_harmless(name: str) -> None:
    line = clean(name)
    assert not any(ord(letter) < 32 or letter in "\x7f\x85\u2028\u2029" for letter in line)
    for width in (4, 60, 400):
        for patch in (
            label(name, 14, width, muted=True),
            caption(name, 14, width),
            lower_third(name, 14, width, 1.0),
        ):
            assert patch is None or patch.width <= width + 2
    assert portrait(name, 40).width == 40
    turns = [Turn(0, 2_000_000, name, name)]
    for text in (speakers(turns, 0), chapter_titles(turns, 0)):
        assert text.startswith("WEBVTT\n\n") and text.count("-->") == 1 and text.strip().count("\n\n") == 1
    told = in_words([Missing("encrypted", 0, 1, name, "T", "camera")], {name: name}, 0)
    assert told.isprintable() and len(told) < 200


def name_is_kept_in_a_film(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with Film(path, None, has_audio=True, about={"title": name}) as film:
            film.sound(np.zeros((2, 48_000), dtype=np.float32))
            film.chapters([Chapter(0, 500_000, name), Chapter(500_000, 1_000_000, "the next")])
        with av.open(str(path)) as container:
            assert len(container.chapters()) == 2
            assert sum(frame.samples for frame in container.decode(audio=0)) >= 47_000


def spoilt(data: bytes, damage: list[tuple[int, bytes]]) -> bytes:
    """The bytes with others at some places."""
    whole = bytearray(data)
    for at, other in damage:
        place = at % (len(whole) + 1)
        whole[place : place + len(other)] = other
    return bytes(whole)


DAMAGE = st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=12)), max_size=8)
CODECS: list[Codec] = ["vp8", "vp9", "h264", "av1"]


def file_is_read_as_far_as_it_goes(codec: Codec, damage: list[tuple[int, bytes]], cut: int) -> None:
    frames, private = frames_of(codec)
    whole = spoilt(written(codec, frames, private).data, damage)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "track.mkv"
        path.write_bytes(whole[: len(whole) - cut % len(whole)])
        reader = VideoReader(path, codec)
        reader.file.poll()
        for ms in range(0, 2400, 100):
            picture = reader.picture_at(ms)
            assert picture is None or picture.width * picture.height <= MOST_PIXELS
        reader.close()


def sound_is_read_as_far_as_it_goes(packets: list[bytes], damage: list[tuple[int, bytes]]) -> None:
    frames = [Frame(index * 20, packet) for index, packet in enumerate(packets)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "track.mkv"
        path.write_bytes(spoilt(written("opus", frames).data, damage))
        reader = AudioReader(path)
        reader.file.poll()
        for _ in range(len(reader.file)):
            sound = reader.read()
            assert sound.shape[0] == 2 and sound.shape[1] <= 5760 * 2
        reader.close()


WHO, TRACK, FILE = st.sampled_from("ab"), st.sampled_from(["T1", "T2"]), st.sampled_from(["f1", "f2"])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": st.integers(0, 60_000_000) | st.integers(-(1 << 62), 1 << 62),
    "participant": WHO,
    "name": NAMES,
    "track": TRACK,
    "file": FILE,
    "kind": st.sampled_from(["audio", "video"]),
    "source": st.sampled_from(["camera", "microphone", "screen_share", "unknown"]),
    "codec": st.sampled_from(["opus", *CODECS]),
    "clock_rate": st.sampled_from([48_000, 90_000]),
    "muted": st.booleans(),
    "reason": st.sampled_from(["asked", "room_left", "codec", "unsubscribed"]),
    "ticks": st.integers(-(1 << 40), 1 << 40),
    "before": st.integers(0, 1 << 40),
    "arrived": st.integers(0, 60_000_000),
    "ntp": st.integers(-(1 << 50), 1 << 50),
    "by": st.integers(-(1 << 40), 1 << 40),
    "count": st.integers(0, 1 << 20),
    "offset": st.integers(0, 1 << 40),
    "run": st.integers(1, 3),
    "take": st.just("t"),
    "version": st.integers(1, 3),
    "session": st.just("s"),
    "messages": st.integers(0, 9),
    "bytes": st.integers(0, 9),
    "began": st.integers(0, 60_000_000),
    "ended": st.integers(0, 60_000_000),
    "streams": st.none(),
}
KINDS = [kind.model_fields["event"].default for kind in get_args(Event)]
LINE = st.fixed_dictionaries(FIELDS | {"event": st.sampled_from(KINDS)}).map(json.dumps)


def conclusions_are_drawn(lines: list[str]) -> None:
    events = parse_lines("".join(line + "\n" for line in lines).encode())
    stage, offers, clock = Stage(), Offers(), RoomClock()
    for event in events:
        stage.apply(event)
        offers.feed(event)
        clock.feed(event)
        tiles_of(stage, {}, {}, None)
    found = offers.interrupted(0, 60_000_000) + offers.not_recorded(0, 60_000_000)
    found += offers.stood_still(0, 60_000_000, lambda _: [1_000_000, 9_000_000])
    assert all(0 <= each.start < each.end <= 60_000_000 for each in found)
    in_words(found, offers.names, 0)
    ordered = sorted((event for event in events if 0 <= event.at <= 60_000_000), key=lambda event: event.at)
    shots = direct(ordered, Rules(), 0, 60_000_000).shots
    assert not shots or (shots[0].start, shots[-1].end) == (0, 60_000_000)


@ROUGH
@given(NAMES)
def test_any_name_is_one_line_within_its_bounds(name: str) -> None:
    name_is_harmless(name)


@ROUGH
@given(NAMES)
def test_any_name_is_kept_in_a_film(name: str) -> None:
    name_is_kept_in_a_film(name)


@ROUGH
@given(st.sampled_from(CODECS), DAMAGE, st.integers(0, 1 << 20))
def test_any_file_is_read_as_far_as_it_goes(codec: Codec, damage: list[tuple[int, bytes]], cut: int) -> None:
    file_is_read_as_far_as_it_goes(codec, damage, cut)


@ROUGH
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=20), DAMAGE)
def test_any_packets_of_sound_are_read(packets: list[bytes], damage: list[tuple[int, bytes]]) -> None:
    sound_is_read_as_far_as_it_goes(packets, damage)


@ROUGH
@given(st.lists(LINE, max_size=40))
def test_conclusions_are_drawn_from_any_events(lines: list[str]) -> None:
    conclusions_are_drawn(lines)


@pytest.mark.slow
@settings(DEEP, max_examples=300)
@given(NAMES)
def test_very_many_names(name: str) -> None:
    name_is_harmless(name)


@pytest.mark.slow
@settings(DEEP, max_examples=1000)
@given(st.sampled_from(CODECS), DAMAGE, st.integers(0, 1 << 20))
def test_very_many_files(codec: Codec, damage: list[tuple[int, bytes]], cut: int) -> None:
    file_is_read_as_far_as_it_goes(codec, damage, cut)


@pytest.mark.slow
@DEEP
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=20), DAMAGE)
def test_very_many_packets_of_sound(packets: list[bytes], damage: list[tuple[int, bytes]]) -> None:
    sound_is_read_as_far_as_it_goes(packets, damage)


@pytest.mark.slow
@DEEP
@given(st.lists(LINE, max_size=60))
def test_very_many_events(lines: list[str]) -> None:
    conclusions_are_drawn(lines)
