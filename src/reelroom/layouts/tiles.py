"""The tiles of a moment: what everybody on stage gives a layout to arrange."""

from collections.abc import Mapping

from reelroom.layouts.arrange import Key, Tile
from reelroom.takes.stage import Stage, Track

_LAST = 1 << 30  # arrives after everybody who publishes


def tiles_of(
    stage: Stage,
    classes: Mapping[str, frozenset[str]],
    aspects: Mapping[Key, float],
    shot: Key | None,
) -> tuple[Tile, ...]:
    """Of what is on stage, a tile for each camera or microphone, muted or not, and for each shared screen.

    Of several cameras of a participant the latest that is on is the one that goes with the microphone; each other one
    of which there is a picture has a tile, too.

    `classes` are those of streams: of a track by its id, of a camera also by its participant. `aspects` are the
    shapes of pictures where they are known. The `shot` has its tile even when its participant publishes nothing.
    """
    groups: dict[Key, list[tuple[str, Track]]] = {}
    for name, track in stage.tracks.items():
        if not stage.shows(track.participant, is_screen=track.source == "screen_share"):
            continue
        if _is_one_more_camera(stage, track):
            groups[track.participant, "camera", name] = [(name, track)]
        elif track.source in ("camera", "microphone"):
            groups.setdefault((track.participant, "camera"), []).append((name, track))
        elif track.source == "screen_share" and not track.muted and stage.wants(track):
            groups.setdefault((track.participant, "screen_share"), []).append((name, track))
    tiles = [_tile(stage, key, tracks, classes, aspects) for key, tracks in groups.items()]
    if shot is not None and shot not in groups:
        tiles.append(Tile(shot[0], shot[1], arrived=_LAST, has_picture=False))
    return tuple(tiles)


def _is_one_more_camera(stage: Stage, track: Track) -> bool:
    if track.source != "camera" or track.muted or not track.file or not stage.wants(track):
        return False
    return track is not stage.track_of(track.participant, "camera")


def _tile(
    stage: Stage,
    key: Key,
    tracks: list[tuple[str, Track]],
    classes: Mapping[str, frozenset[str]],
    aspects: Mapping[Key, float],
) -> Tile:
    participant, source, *more = key
    names = [name for name, _ in tracks] + ([participant] if source == "camera" and not more else [])
    return Tile(
        participant,
        source,
        arrived=min(track.place for _, track in tracks),
        classes=frozenset[str]().union(*(classes.get(name, ()) for name in names)),
        has_picture=any(track.source == source and not track.muted and stage.wants(track) for _, track in tracks),
        aspect=aspects.get(key, 16 / 9),
        track=more[0] if more else "",
    )
