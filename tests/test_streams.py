"""Streams and their ids, read from the engine's participants."""

from uuid import UUID

import pytest
from livekit import api

from reelroom.cutting.choosing import shown, with_stream, without_stream
from reelroom.errors import NotFound
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.streams import CLASSES, streams_of

# web/opentok-compat/streamId.test.ts has the same table.
IDS = {
    "TR_VCabc": "1edc852e-5b1f-52d2-8d63-cec093c0d081",
    "TR_AMp7Vjys2EorEC": "717a32a7-f02b-5582-babc-150be594af71",
    "TR_V": "3b15d995-1920-5211-b0e7-7a093d679bf1",
    "x" * 119: "1f6f7b6d-fdd5-5331-a89e-4218e2a67929",
}

MICROPHONE = api.TrackInfo(sid="TR_A", type=api.TrackType.AUDIO, source=api.TrackSource.MICROPHONE)
CAMERA = api.TrackInfo(sid="TR_V", type=api.TrackType.VIDEO, source=api.TrackSource.CAMERA)
SCREEN = api.TrackInfo(sid="TR_S", type=api.TrackType.VIDEO, source=api.TrackSource.SCREEN_SHARE)


@pytest.mark.parametrize(("track", "expected"), IDS.items())
def test_the_page_gives_a_stream_the_same_id(track: str, expected: str) -> None:
    assert stream_id(track) == expected == str(UUID(expected))


def test_a_stream_goes_by_its_picture_and_answers_to_its_sounds_id_too() -> None:
    person = api.ParticipantInfo(identity="ann", tracks=[MICROPHONE, CAMERA, SCREEN])
    camera, screen = streams_of(person)
    assert (camera.track, camera.id, camera.video_type) == ("TR_V", stream_id("TR_V"), "camera")
    assert camera.ids == {stream_id("TR_V"), stream_id("TR_A")}
    assert (screen.id, screen.video_type) == (stream_id("TR_S"), "screen")
    (alone,) = streams_of(api.ParticipantInfo(identity="ann", tracks=[MICROPHONE]))
    assert (alone.id, alone.video_type) == (stream_id("TR_A"), "")


def test_layout_classes_are_kept_by_track() -> None:
    attributes = {CLASSES: "first", f"{CLASSES}:TR_S": "full focus"}
    person = api.ParticipantInfo(identity="ann", tracks=[CAMERA, SCREEN], attributes=attributes)
    assert [stream.classes for stream in streams_of(person)] == [("first",), ("full", "focus")]


def test_chosen_streams_are_kept_by_track_and_shown_by_id() -> None:
    one = {"streamId": "TR_A", "hasAudio": True, "hasVideo": True}
    chosen = with_stream([], one, "An archive")
    assert shown(chosen) == [{**one, "streamId": stream_id("TR_A")}]
    with pytest.raises(NotFound):
        without_stream(chosen, "x", {"x"}, "The archive")
    # Its picture came after it was chosen, and gave it another id.
    assert without_stream(chosen, stream_id("TR_V"), {stream_id("TR_V"), stream_id("TR_A")}, "The archive") == []
