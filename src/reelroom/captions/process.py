"""`python -m reelroom.captions.process`: the live captions of one session, from their start to their end.

It is in the session unseen, as taps are, and hears microphones only while somebody reads what is said. Messages are
`{"ready"}` once it is there, `{"caption", "to"}` (a caption and the identities of who reads it), `{"lag"}` (s) and,
once, `{"over": {"status", "reason"}}`.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import deque
from pathlib import Path

import numpy as np
from livekit import rtc

from reelroom.captions.arrivals import Arrivals
from reelroom.captions.lateness import Lateness
from reelroom.captions.order import CaptionsOrder
from reelroom.captions.speaking import Said, Speaking
from reelroom.clock import now_us
from reelroom.composer.words import RATE
from reelroom.opentok.streams import CAPTIONS_WANTED
from reelroom.processes.inside import SECRET_VARIABLE, confine, give_way, obey, say, unless_ended
from reelroom.transcribing.recogniser import ModelError, Phrase, Recogniser

_NICENESS = 5  # calls and recordings come first, films and transcripts later
_FRAME_MS = 40
_LOOK_SECONDS = 0.2
_UNREAD_SECONDS = 10.0  # without anybody who reads them, after which those of a room end
_LAG_EVERY = 5.0  # s between two that the server is told of
_MOST_WAITING = 20  # stretches of speech: what waits for longer than these is of no use
_TOO_BUSY = "this server is too busy for live captions"


class Microphone:
    """Somebody's, while it is listened to."""

    def __init__(self, track: str, identity: str) -> None:
        self.track, self.identity = track, identity
        self.speaking = Speaking()
        self.lateness = Lateness()  # of hearing it at all
        self.language = ""
        self.task: asyncio.Task[None] | None = None


class Captioner:
    """In a room of the engine; `run` returns the status with which it ended, and why."""

    def __init__(self, order: CaptionsOrder, model: Recogniser) -> None:
        self.room = rtc.Room()
        self._order = order
        self._model = model
        self._microphones: dict[str, Microphone] = {}
        self._finished: deque[tuple[Microphone, Said]] = deque(maxlen=_MOST_WAITING)
        self._lateness = Lateness()
        self._gone, self._too_busy = asyncio.Event(), asyncio.Event()
        self._readers: list[str] = []
        for event in (
            *("participant_connected", "participant_disconnected", "participant_attributes_changed"),
            *("track_published", "track_unpublished"),
        ):
            self.room.on(event, lambda *_: self._look())
        self.room.on("track_subscribed", self._listen)
        self.room.on("track_unsubscribed", lambda _track, publication, _who: self._forget(publication.sid))
        self.room.on("disconnected", lambda *_: self._gone.set())

    async def join(self, engine: str, token: str) -> None:
        """Into the room, unseen."""
        await self.room.connect(engine, token, rtc.RoomOptions(auto_subscribe=False))
        self._look()

    def _look(self) -> None:
        """Who reads, and so who is listened to."""
        people = list(self.room.remote_participants.values())
        self._readers = [each.identity for each in people if each.attributes.get(CAPTIONS_WANTED) == "yes"]
        for person in people:
            heard = bool(self._readers) and self._order.hears(person.attributes)
            for publication in person.track_publications.values():
                spoken = publication.source in (rtc.TrackSource.SOURCE_MICROPHONE, rtc.TrackSource.SOURCE_UNKNOWN)
                if publication.kind != rtc.TrackKind.KIND_AUDIO or not spoken:
                    continue
                if heard != publication.subscribed or not heard:
                    publication.set_subscribed(heard)
                if not heard:
                    self._forget(publication.sid)

    def _listen(self, track: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> None:
        if publication.kind != rtc.TrackKind.KIND_AUDIO:
            return
        self._forget(publication.sid)
        microphone = Microphone(publication.sid, who.identity)

        async def listen() -> None:
            sounds = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, frame_size_ms=_FRAME_MS)
            arrivals, asked = Arrivals(), time.monotonic()
            async for event in sounds:
                now = time.monotonic()
                heard = arrivals.note(asked, now, _FRAME_MS / 1000)
                microphone.lateness.note(heard, now)
                if microphone.lateness.too_long(now):
                    self._too_busy.set()
                sound = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float32) / np.float32(32768)
                for said in microphone.speaking.add(sound, heard):
                    self._finished.append((microphone, said))
                await asyncio.sleep(0)  # what waits already is taken without a pause, in which others could go on
                asked = time.monotonic()

        microphone.task = asyncio.create_task(listen())
        self._microphones[publication.sid] = microphone

    def _forget(self, track: str) -> None:
        if (microphone := self._microphones.pop(track, None)) is not None and microphone.task is not None:
            microphone.task.cancel()

    async def run(self) -> tuple[str, str]:
        """Until they are over; the last word is the server's, which then ends this process."""
        tasks = [asyncio.create_task(self._recognise()), asyncio.create_task(self._until_over())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in tasks:
                task.cancel()

    async def _until_over(self) -> tuple[str, str]:
        read = there = time.monotonic()
        while not self._gone.is_set():
            now = time.monotonic()
            read = now if self._readers else read
            there = now if self.room.remote_participants else there
            if self._order.own and now - read > _UNREAD_SECONDS:
                return "stopped", "nobody reads them"
            if now - there > self._order.empty_seconds:
                return "stopped", "session ended"
            if self._too_busy.is_set():
                return "failed", _TOO_BUSY
            await asyncio.sleep(_LOOK_SECONDS)
        return "", "the session was left"

    async def _recognise(self) -> tuple[str, str]:
        told = time.monotonic()
        while True:
            found = self._next()
            if found is None:
                await asyncio.sleep(_LOOK_SECONDS / 4)
                continue
            microphone, said = found
            language = self._order.code or microphone.language
            phrase = await asyncio.to_thread(self._model.phrase, said.sound, language)
            now = time.monotonic()
            self._lateness.note(said.heard, now)
            self._tell(microphone, said, phrase)
            if self._lateness.too_long(now):
                return "failed", _TOO_BUSY
            if now - told > _LAG_EVERY:
                told = now
                say(lag=round(self._lateness.lag, 2))

    def _next(self) -> tuple[Microphone, Said] | None:
        """What is listened to next: what has ended, or what whoever has waited longest is saying."""
        now = time.monotonic()
        for microphone in self._microphones.values():
            taken = now - microphone.lateness.lag  # what is still in its queue is no pause
            self._finished.extend((microphone, said) for said in microphone.speaking.pause(taken))
        if self._finished:
            return self._finished.popleft()
        if not self._order.partial:
            return None
        for track, microphone in list(self._microphones.items()):
            if (said := microphone.speaking.so_far()) is not None:
                self._microphones[track] = self._microphones.pop(track)  # the others come first next time
                return microphone, said
        return None

    def _tell(self, microphone: Microphone, said: Said, phrase: Phrase) -> None:
        if said.final and len(said.sound) > 2 * RATE:
            microphone.language = phrase.language
        if not phrase.text or not self._readers:
            return
        began = now_us() / 1e6 - (time.monotonic() - said.began)
        caption = {
            "id": f"{microphone.track}-{said.number}",
            "connectionId": microphone.identity,
            "trackId": microphone.track,
            "text": phrase.text,
            "final": said.final,
            "language": phrase.language,
            "at": round(began * 1000),
        }
        say(caption=caption, to=self._readers)


async def _caption(arguments: argparse.Namespace, model: Recogniser) -> str:
    secret = json.loads(os.environ[SECRET_VARIABLE])
    order = CaptionsOrder.from_json(secret["order"])
    if order.code and order.code not in model.languages:
        return await _over("failed", f"the model of this server does not know {order.language}")
    captioner = Captioner(order, model)
    try:
        await captioner.join(arguments.engine, secret["token"])
        say(ready=True)
        status, reason = await captioner.run()
        return await _over(status, reason) if status else reason
    except rtc.ConnectError as error:
        return f"The session could not be joined: {error.message}"
    finally:
        await captioner.room.disconnect()


async def _over(status: str, reason: str) -> str:
    """Say so, and wait for the server to end this process."""
    say(over={"status": status, "reason": reason})
    await asyncio.Event().wait()
    return reason


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="reelroom-captions", description=__doc__)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--model", type=Path, required=True, help="a folder with a model of faster-whisper")
    arguments = parser.parse_args()
    confine()
    give_way(_NICENESS)
    obey(lambda order: None)
    try:
        model = Recogniser(arguments.model)
    except ModelError as error:
        say(over={"status": "failed", "reason": str(error)})
        return 1
    return asyncio.run(unless_ended_in(arguments, model))


async def unless_ended_in(arguments: argparse.Namespace, model: Recogniser) -> int:
    """The exit status, once its captions are over."""
    return await unless_ended(_caption(arguments, model))


if __name__ == "__main__":
    sys.exit(main())
