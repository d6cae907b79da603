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

    `classes` are those of streams: of a track by its id, of a camera also by its participant. `aspects` are the
    shapes of pictures where they are known. The `shot` has its tile even when its participant publishes nothing.
    """
    groups: dict[Key, list[tuple[str, Track]]] = {}
    for name, track in stage.tracks.items():
        if not stage.shows(track.participant, is_screen=track.source == "screen_share"):
            continue
        if track.source in ("camera", "microphone"):
            groups.setdefault((track.participant, "camera"), []).append((name, track))
        elif track.source == "screen_share" and not track.muted and stage.wants(track):
            groups.setdefault((track.participant, "screen_share"), []).append((name, track))
    tiles = [_tile(stage, key, tracks, classes, aspects) for key, tracks in groups.items()]
    if shot is not None and shot not in groups:
        tiles.append(Tile(*shot, arrived=_LAST, has_picture=False))
    return tuple(tiles)


def _tile(
    stage: Stage,
    key: Key,
    tracks: list[tuple[str, Track]],
    classes: Mapping[str, frozenset[str]],
    aspects: Mapping[Key, float],
) -> Tile:
    participant, source = key
    names = [name for name, _ in tracks] + ([participant] if source == "camera" else [])
    return Tile(
        participant,
        source,
        arrived=min(track.place for _, track in tracks),
        classes=frozenset[str]().union(*(classes.get(name, ()) for name in names)),
        has_picture=any(track.source == source and not track.muted and stage.wants(track) for _, track in tracks),
        aspect=aspects.get(key, 16 / 9),
    )
