"""What writes a meeting down may be killed at any moment, and so may its server: the transcript is whole."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from reelroom.config import Settings
from reelroom.files.films import WORDS
from reelroom.opentok.tokens import new_session_id
from reelroom.store.database import now_ms
from reelroom.store.node import node_name
from reelroom.store.schema import database_url
from reelroom.store.store import Store
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, KeptTake, Session
from reelroom.transcripts.heard import NAME
from tests.e2e.running import RunningServer, wait_until
from tests.meetings import MODEL, meeting, plain, script, word_errors
from tests.takes import START, at

SAID = script(
    ("ann", "Good morning. Shall we look at the numbers together before we go on?"),
    ("ben", "Yes. The new release is on Friday afternoon, and nobody told the office."),
    ("cleo", "I can write to them this evening, when the meeting is over."),
    ("ann", "Thank you very much. Then we are done for today."),
)


async def recorded(server: RunningServer) -> str:
    """A meeting lies there, recorded, which is to be written down."""
    session, take = new_session_id("123", 1, "a" * 24), "take"
    meeting(server.data_dir / "takes" / take, SAID)
    archive = Archive(
        id="0" * 8 + "-0000-4000-8000-" + "0" * 12,
        session_id=session,
        take_id=take,
        name="",
        status="available",
        resolution="640x480",
        has_video=False,
        start_us=START,
        end_us=at(SAID[-1].end + 1),
        created_at=1,
        updated_at=1,
    )
    node = node_name(Settings(data_dir=server.data_dir))
    wanted = KeptTranscript(archive_id=archive.id, node=node, next_at=1, created_at=1 << 42, updated_at=1)
    store = Store(database_url(server.data_dir))
    try:
        await store.add(Session(id=session, created_at=1))
        await store.add(KeptTake(id=take, session_id=session, node=node, created_at=now_ms(), stopped_at=now_ms()))
        await store.add(archive, wanted)
    finally:
        await store.close()
    return archive.id


def heard(server: RunningServer) -> list[dict[str, Any]]:
    """What was understood so far."""
    path = server.data_dir / "takes" / "take" / NAME
    lines = path.read_text().splitlines() if path.exists() else []
    return [found for line in lines if "participant" in (found := _read(line))]


def _read(line: str) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}  # what a kill has left of a line


def transcriber(server: RunningServer) -> psutil.Process | None:
    found = server.children("reelroom.transcribing")
    return found[0] if found else None


def kill_once(server: RunningServer, moment: Callable[[], bool], words: str) -> None:
    """The transcriber is killed at some moment of its life."""
    victim = wait_until(lambda: transcriber(server) if moment() else None, words, 120)
    victim.kill()
    wait_until(lambda: not victim.is_running() or victim.status() == psutil.STATUS_ZOMBIE, "it is gone")


@pytest.mark.slow
async def test_a_transcript_is_whole_whatever_is_killed_meanwhile(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", settings={"REELROOM_SPEECH_MODEL": str(MODEL)})
    try:
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.stop)
        archive_id = await recorded(server)
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(kill_once, server, lambda: True, "a transcriber, just begun")
        await asyncio.to_thread(kill_once, server, lambda: len(heard(server)) >= 1, "something heard")
        first = heard(server)
        await asyncio.to_thread(wait_until, lambda: transcriber(server), "another transcriber", 120)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        made = server.data_dir / "archives" / f"{archive_id}{WORDS[0]}"
        await asyncio.to_thread(wait_until, made.is_file, "the transcript", 180)
        said = json.loads(made.read_text())["passages"]
        assert [passage["participant"] for passage in said] == [line.who for line in SAID]
        expected = [word for line in SAID for word in plain(line.text)]
        understood = [word for passage in said for word in plain(passage["text"])]
        assert word_errors(expected, understood) <= 0.15 * len(expected), understood
        spans = [(each["participant"], each["from"]) for each in heard(server)]
        assert len(spans) == len(set(spans)), "nothing is heard twice"
        assert heard(server)[: len(first)] == first
        assert all((server.data_dir / "archives" / f"{archive_id}{suffix}").is_file() for suffix in WORDS)
    finally:
        server.close()
