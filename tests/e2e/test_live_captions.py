"""Live captions: what people really say is read by who wants to, while it is said, and by nobody else."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from livekit import rtc

from reelroom.config import cores
from tests.e2e.people import RATE, RED, Person
from tests.e2e.running import RunningServer
from tests.meetings import MODEL, Line, plain, script, word_errors

MORNING = [
    ("ann", "Good morning everybody, it is nice to see all of you here today."),
    ("ann", "The weather is beautiful and we are going to talk about the new garden."),
    ("ann", "My brother and his wife will bring some flowers and a small table."),
]
_CHUNK = RATE // 100
_MOST_LAG = 3.0  # s, from the end of a word to the caption that has it
_MOST_LAG_ON_A_FULL_MACHINE = 15.0  # after so long they would end by themselves


@dataclass
class Speaker(Person):
    """Reads lines, each once; `spoken` is when (s, monotonic) each was over."""

    lines: Sequence[Line] = ()
    spoken: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def _talk(self) -> None:
        while not self.speaking:
            await self._play(np.zeros(_CHUNK, dtype=np.float32))
        for line in self.lines:
            await self._play(np.zeros(RATE, dtype=np.float32))
            await self._play(line.sound)
            self.spoken.append(time.monotonic())
        self.done.set()
        while True:
            await self._play(np.zeros(_CHUNK, dtype=np.float32))

    async def _play(self, sound: Any) -> None:
        for first in range(0, len(sound), _CHUNK):
            samples = np.zeros(_CHUNK, dtype=np.float32)
            part = sound[first : first + _CHUNK]
            samples[: len(part)] = part
            pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes()
            await self._audio.capture_frame(rtc.AudioFrame(pcm, RATE, 1, _CHUNK))


@dataclass
class Reader:
    """Whoever reads captions: what came, with when (s, monotonic)."""

    room: rtc.Room = field(default_factory=rtc.Room)
    captions: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    async def join(self, url: str, token: str) -> "Reader":
        self.room.on("data_received", self._receive)
        await self.room.connect(url, token, rtc.RoomOptions(auto_subscribe=False))
        return self

    def _receive(self, packet: rtc.DataPacket) -> None:
        if packet.topic == "captions":
            assert packet.participant is None, "captions come from nobody in the room: they cannot be forged"
            self.captions.append((time.monotonic(), json.loads(packet.data)))

    def text(self, *, final: bool) -> str:
        return " ".join(caption["text"] for _, caption in self.captions if caption["final"] is final)

    async def read(self, *words: str, seconds: float = 40.0) -> float:
        """When one of these words was first there."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for at, caption in self.captions:
                        if set(words) & set(plain(caption["text"])):
                            return at
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{words} were not read in {[caption for _, caption in self.captions]}") from None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("data"), settings={"REELROOM_SPEECH_MODEL": str(MODEL)})
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
async def speaker() -> AsyncIterator[Speaker]:
    speaker = Speaker("Ann", RED, 440.0, width=160, height=90, lines=script(*MORNING))
    yield speaker
    await speaker.leave()


async def want(server: RunningServer, session_id: str, token: str, **what: bool) -> httpx.Response:
    body = {"sessionId": session_id, "accessToken": token, **what}
    return await asyncio.to_thread(server.http.post, "/session/captions", json=body)


def identity_of(room: rtc.Room) -> str:
    return room.local_participant.identity


@pytest.mark.slow
async def test_what_is_said_is_read_within_three_seconds_by_who_wants_to(
    server: RunningServer, speaker: Speaker, tmp_path: Path
) -> None:
    session_id = server.open_room("captioned")["sessionId"]
    await speaker.join(*server.connect("captioned", "Ann"))
    url, token = server.connect("captioned", "Ben")
    reader, other = await Reader().join(url, token), await Reader().join(*server.connect("captioned", "Cleo"))
    told: list[str] = []
    other.room.on("room_metadata_changed", lambda _, new: told.append(new))
    answer = await want(server, session_id, token, wanted=True)
    assert answer.status_code == 200, answer.text
    async with asyncio.timeout(90):  # a model is loaded
        while not any(json.loads(text).get("captions", {}).get("ready") for text in told):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert json.loads(told[0])["captions"] == {"on": True, "ready": False}, "everybody knows before anybody listens"
    assert set(other.room.remote_participants) == {identity_of(speaker.room), identity_of(reader.room)}

    speaker.speak()
    await asyncio.wait_for(speaker.done.wait(), 60)
    last = [plain(text)[-2:] for _, text in MORNING]
    try:
        lags = [await reader.read(*words) - over for words, over in zip(last, speaker.spoken, strict=True)]
    except AssertionError:
        if json.loads(told[-1])["captions"].get("problem") == "this server is too busy for live captions":
            pytest.skip("this machine is full: captions ended, and said so")
        raise
    first = await reader.read("everybody") - (speaker.spoken[0] - len(speaker.lines[0].sound) / RATE)
    seen = f"lags of last words: {[round(lag, 2) for lag in lags]}, of the first: {first:.2f} s"
    full = os.getloadavg()[0] > cores()
    most = _MOST_LAG_ON_A_FULL_MACHINE if full else _MOST_LAG
    assert max(lags) <= most, seen
    assert first <= most + 1.0, f"what is being said is shown before it is over: {seen}"
    async with asyncio.timeout(10):
        while not set(last[-1]) & set(plain(reader.text(final=True))):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    words = [word for _, text in MORNING for word in plain(text)]
    wrong = word_errors(words, plain(reader.text(final=True)))
    assert wrong <= len(words) * 0.15, reader.text(final=True)
    _, caption = reader.captions[-1]
    assert caption["connectionId"] == identity_of(speaker.room) and caption["language"] == "en"
    assert not other.captions, "who did not ask for them gets none"

    assert (await want(server, session_id, token, wanted=False)).status_code == 200
    async with asyncio.timeout(40):
        while json.loads(told[-1])["captions"]["on"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await reader.room.disconnect()
    await other.room.disconnect()
