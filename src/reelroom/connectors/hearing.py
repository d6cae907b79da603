"""What is said in a room of the engine, mixed, for somebody who is in it."""

import asyncio
from collections.abc import Collection

from livekit import rtc

from reelroom.connectors.mixing import Mix


class Hearing:
    """The microphones of `tracks`, or all, at `rate` Hz; `mix` has them in frames of `frame` samples."""

    def __init__(self, room: rtc.Room, rate: int, frame: int, tracks: Collection[str] | None) -> None:
        self.mix = Mix(rate, frame)
        self._room = room
        self._rate = rate
        self._tracks = tracks
        self._listening: dict[str, asyncio.Task[None]] = {}
        self._muted: set[str] = set()
        room.on("track_published", lambda publication, _: self._want(publication))
        room.on("track_subscribed", lambda track, publication, _: self._listen(track, publication))
        room.on("track_unsubscribed", lambda _track, publication, _who: self._forget(publication.sid))
        room.on("track_muted", lambda _, publication: self._muted.add(publication.sid))
        room.on("track_unmuted", lambda _, publication: self._muted.discard(publication.sid))

    def begin(self) -> None:
        """Listen to who is there already, too; the room was joined without subscribing to anybody."""
        for person in self._room.remote_participants.values():
            for publication in person.track_publications.values():
                self._want(publication)

    @property
    def active(self) -> bool:
        """Whether somebody can be heard: nobody can where all are muted."""
        return not self._listening or bool(self._listening.keys() - self._muted)

    def _want(self, publication: rtc.RemoteTrackPublication) -> None:
        chosen = self._tracks is None or publication.sid in self._tracks
        if publication.kind == rtc.TrackKind.KIND_AUDIO and chosen:
            publication.set_subscribed(True)

    def _listen(self, track: rtc.Track, publication: rtc.RemoteTrackPublication) -> None:
        if publication.muted:
            self._muted.add(publication.sid)

        async def listen() -> None:
            async for event in rtc.AudioStream(track, sample_rate=self._rate, num_channels=1):
                self.mix.add(publication.sid, bytes(event.frame.data))

        self._forget(publication.sid)
        self._listening[publication.sid] = asyncio.create_task(listen())

    def _forget(self, track: str) -> None:
        if (task := self._listening.pop(track, None)) is not None:
            task.cancel()
        self.mix.remove(track)
        self._muted.discard(track)
