"""Live captions on a machine that is too slow for them: they say so, whatever waits to be heard."""

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc

from reelroom.captions import lateness, process
from reelroom.captions.order import CaptionsOrder
from reelroom.transcribing.recogniser import Recogniser

FRAMES = 60


async def test_who_cannot_keep_up_with_hearing_ends_and_does_not_go_on_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All frames of 40 ms wait already, and to hear one takes 60."""
    monkeypatch.setattr(lateness, "_TOO_LATE", 0.1)
    monkeypatch.setattr(lateness, "_FOR", 0.2)
    taken = 0

    async def waiting(*_: Any, **__: Any) -> AsyncIterator[Any]:
        nonlocal taken
        for taken in range(1, FRAMES + 1):  # noqa: B007
            yield SimpleNamespace(frame=SimpleNamespace(data=np.zeros(640, dtype=np.int16).tobytes()))
        await asyncio.Event().wait()

    def hears(*_: Any) -> list[Any]:
        time.sleep(0.06)  # as a slow machine does
        return []

    monkeypatch.setattr(process.rtc, "AudioStream", waiting)
    monkeypatch.setattr(process.Speaking, "add", hears)
    order = CaptionsOrder("", partial=True, own=False, everybody=True, empty_seconds=60)
    captioner = process.Captioner(order, cast(Recogniser, None))
    publication = SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO, sid="TR_a")
    captioner._listen(
        cast(rtc.Track, None),
        cast(rtc.RemoteTrackPublication, publication),
        cast(rtc.RemoteParticipant, SimpleNamespace(identity="ann")),
    )
    status, reason = await asyncio.wait_for(captioner.run(), 20)
    assert (status, reason) == ("failed", "this server is too busy for live captions")
    assert taken < FRAMES, "the others have had their turn meanwhile"
    captioner._forget("TR_a")
