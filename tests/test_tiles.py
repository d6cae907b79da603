"""Who could be seen at a moment."""

from reelroom.layouts.arrange import Tile, in_order
from reelroom.layouts.tiles import tiles_of
from reelroom.takes.events import (
    Event,
    FileOpened,
    ParticipantJoined,
    ParticipantLeft,
    Source,
    TrackMuted,
    TrackPublished,
)
from reelroom.takes.stage import Stage


def stage(*events: Event) -> Stage:
    made = Stage()
    for event in events:
        made.apply(event)
    return made


def joins(who: str) -> Event:
    return ParticipantJoined(at=0, participant=who, name=who)


def publishes(who: str, source: Source, *, muted: bool = False) -> Event:
    kind = "audio" if source in ("microphone", "screen_share_audio") else "video"
    return TrackPublished(at=0, participant=who, track=f"{who}-{source}", kind=kind, source=source, muted=muted)


def test_camera_and_microphone_are_one_tile_and_a_screen_another() -> None:
    room = stage(
        *(joins("ann"), publishes("ann", "microphone"), publishes("ann", "camera")),
        *(publishes("ann", "screen_share"), publishes("ann", "screen_share_audio")),
    )
    assert tiles_of(room, {}, {("ann", "camera"): 4 / 3}, None) == (
        Tile("ann", "camera", 1, aspect=4 / 3),
        Tile("ann", "screen_share", 3),
    )


def test_a_camera_that_is_off_has_a_tile_without_a_picture() -> None:
    room = stage(joins("ann"), publishes("ann", "camera"), TrackMuted(at=1, participant="ann", track="ann-camera"))
    assert tiles_of(room, {}, {}, None) == (Tile("ann", "camera", 1, has_picture=False),)


def test_who_publishes_nothing_has_no_tile_but_in_the_shot() -> None:
    room = stage(joins("ann"), joins("bob"), publishes("bob", "microphone"))
    assert [tile.participant for tile in tiles_of(room, {}, {}, None)] == ["bob"]
    tiles = tiles_of(room, {}, {}, ("ann", "camera"))
    assert [(tile.participant, tile.has_picture) for tile in tiles] == [("bob", False), ("ann", False)]


def test_who_leaves_takes_the_tile_along() -> None:
    room = stage(joins("ann"), publishes("ann", "camera"), ParticipantLeft(at=1, participant="ann"))
    assert tiles_of(room, {}, {}, None) == ()


def test_a_stream_is_named_by_its_track_or_its_participant() -> None:
    room = stage(joins("ann"), publishes("ann", "camera"), publishes("ann", "screen_share"))
    focus = frozenset({"focus"})
    by_participant = tiles_of(room, {"ann": focus}, {}, None)
    assert [tile.classes for tile in by_participant] == [focus, frozenset()]
    by_track = tiles_of(room, {"ann-screen_share": focus}, {}, None)
    assert [tile.classes for tile in by_track] == [frozenset(), focus]


def test_who_comes_back_has_the_place_of_before() -> None:
    """As the same participant, or as another one of that name, as a page that is loaded anew does."""

    def seats(*events: Event) -> list[str]:
        here = tiles_of(
            stage(joins("ann"), publishes("ann", "camera"), joins("bob"), publishes("bob", "camera"), *events),
            {},
            {},
            None,
        )
        return [tile.participant for tile in in_order(here)]

    leaves = ParticipantLeft(at=1, participant="ann")
    assert seats(leaves) == ["bob"]
    assert seats(leaves, joins("ann"), publishes("ann", "microphone"), publishes("ann", "camera")) == ["ann", "bob"]
    again = ParticipantJoined(at=2, participant="ann-2", name="ann")
    assert seats(leaves, again, publishes("ann-2", "camera")) == ["ann-2", "bob"]
    assert seats(again, publishes("ann-2", "camera")) == ["ann", "bob", "ann-2"], "her namesake is somebody else"
    assert seats(leaves, joins("cleo"), publishes("cleo", "camera")) == ["bob", "cleo"]


def test_a_track_without_a_source_is_a_camera_or_a_microphone() -> None:
    """As in the page; publishers of LiveKit's SDKs name none unless they are told to."""
    room = stage(
        joins("ann"),
        *(
            TrackPublished(at=0, participant="ann", track=kind, kind=kind, source="unknown")
            for kind in ("audio", "video")
        ),
    )
    assert tiles_of(room, {}, {}, None) == (Tile("ann", "camera", 1),)
    assert room.track_of("ann", "microphone") is not None


def test_a_second_camera_of_somebody_has_a_tile_of_its_own() -> None:
    """Once there is a picture of it; the latest one goes with the microphone."""
    room = stage(joins("ann"), publishes("ann", "microphone"))
    for track in ("first", "second"):
        fields = {"participant": "ann", "track": track, "kind": "video", "source": "camera"}
        room.apply(TrackPublished.model_validate({"at": 0, **fields}))
        assert len(tiles_of(room, {}, {}, None)) == 1
        file = {"file": f"{track}.mkv", "codec": "vp8", "clock_rate": 90_000}
        room.apply(FileOpened.model_validate({"at": 0, **fields, **file}))
    assert tiles_of(room, {"first": frozenset({"b"})}, {}, None) == (
        Tile("ann", "camera", 1),
        Tile("ann", "camera", 1, classes=frozenset({"b"}), track="first"),
    )
    room.apply(TrackMuted(at=1, participant="ann", track="second"))
    assert tiles_of(room, {}, {}, None) == (Tile("ann", "camera", 1),)
    assert room.track_of("ann", "camera") is room.tracks["first"]
