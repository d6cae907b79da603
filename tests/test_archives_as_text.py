"""Archives that are written down as text: by a real model, after their films, whatever is killed meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reelroom.archives.film_files import FilmFiles
from reelroom.archives.transcribing import NO_MODEL, Transcribing, next_attempt
from reelroom.archives.transcript_order import TranscriptOrder
from reelroom.cutting.plan import Plan
from reelroom.cutting.recut import RecutOrder
from reelroom.errors import Conflict, Gone, NotSetUp
from reelroom.store.node import Node, node_name
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, KeptTake
from reelroom.testing import MemoryMachine
from tests.archive_world import World
from tests.meetings import MODEL, meeting, plain, script
from tests.takes import START, at

SAID = script(
    ("ann", "Good morning. Shall we look at the numbers together before we go on?"),
    ("ben", "Yes. The new release is on Friday afternoon, and nobody told the office."),
)
END = SAID[-1].end + 1


class House(World):
    """Archives, and what writes them down."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        super().__init__(data_dir, **settings)
        self.transcribing = self._transcribing()

    def _transcribing(self) -> Transcribing:
        node = Node(self.store, node_name(self.settings))
        return Transcribing(self.settings, self.store, FilmFiles(self.storage), self.archives, MemoryMachine(), node)

    async def recorded(self) -> Archive:
        """An archive with a film of its sound."""
        take = await asyncio.to_thread(meeting, self.settings.data_dir / "takes" / "the-meeting", SAID)
        await self.store.add(KeptTake(id=take.folder.name, session_id="session", created_at=1, stopped_at=1))
        plan = Plan(has_video=False).to_json()
        archive = await self.archive(take.folder.name, 0, END, plan=plan, has_video=False)
        self.archives.resume(archive)
        return await self.settled(archive.id, 200)

    async def row(self, archive_id: str) -> KeptTranscript:
        row = await self.store.transcripts.get(archive_id)
        assert row is not None
        return row

    async def settle(self, archive_id: str) -> KeptTranscript:
        """What becomes of it; it gives way to everything else, so a busy machine takes its time."""
        while (row := await self.row(archive_id)).status not in {"available", "failed"}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return row

    async def close(self) -> None:
        await self.transcribing.close()
        await super().close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = await House.open(tmp_path, speech_model=MODEL)
    assert isinstance(house, House)
    yield house
    await house.close()


def words_of(house: House, archive: Archive) -> list[tuple[str, str]]:
    document = json.loads(house.storage.path(archive.id, ".transcript.json").read_bytes())
    assert document["version"] == 1 and document["language"] == "en" and document["model"] == MODEL.name
    return [(passage["name"], passage["text"]) for passage in document["passages"]]


async def test_an_archive_is_written_down_once_its_film_is_made_and_a_recut_costs_nothing(house: House) -> None:
    archive = await house.recorded()
    assert archive.status == "available"
    house.transcribing.start()
    await house.transcribing.ask(archive, TranscriptOrder())
    row = await house.settle(archive.id)
    assert (row.status, row.reason, row.language, row.next_at) == ("available", "", "en", None)
    said = words_of(house, archive)
    assert [name for name, _ in said] == ["Ann", "Ben"]
    assert {"numbers", "together"} <= set(plain(said[0][1])) and "friday" in plain(said[1][1])
    captions = house.storage.path(archive.id, ".captions.vtt").read_text()
    assert captions.startswith("WEBVTT") and "<v Ann>" in captions and "<v Ben>" in captions
    for suffix in (".captions.srt", ".transcript.txt"):
        assert "Friday" in house.storage.path(archive.id, suffix).read_text()

    heard = (house.settings.data_dir / "takes" / archive.take_id / "words.jsonl").read_bytes()
    again = await house.archives.recut(archive.id, RecutOrder(begin=SAID[1].at - 0.5, end=END))
    row = await house.settle(again.id)
    assert row.status == "available"
    assert [name for name, _ in words_of(house, again)] == ["Ben"]
    assert (house.settings.data_dir / "takes" / archive.take_id / "words.jsonl").read_bytes() == heard


async def test_killed_in_the_middle_the_next_server_goes_on(house: House) -> None:
    archive = await house.recorded()
    house.transcribing.start()
    await house.transcribing.ask(archive, TranscriptOrder())
    while house.transcribing.pid is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await house.transcribing.close()
    assert (await house.row(archive.id)).status == "started"
    house.transcribing = house._transcribing()
    house.transcribing.start()
    assert (await house.settle(archive.id)).status == "available"
    assert len(words_of(house, archive)) == 2


async def test_one_that_records_has_no_transcript_yet(house: House) -> None:
    take = await asyncio.to_thread(meeting, house.settings.data_dir / "takes" / "the-meeting", SAID)
    await house.store.add(KeptTake(id=take.folder.name, session_id="session", created_at=1))
    archive = Archive(
        id="7d44d1ab-97c4-4b73-a1a5-1ed3bd8b3a52",
        session_id="session",
        take_id=take.folder.name,
        status="started",
        resolution="640x480",
        plan=Plan(has_video=False).to_json(),
        start_us=START,
        created_at=1,
        updated_at=1,
    )
    await house.archives.begin(archive, TranscriptOrder("en-GB"))
    house.transcribing.start()
    assert (await house.row(archive.id)).status == "requested"
    with pytest.raises(Conflict, match="still records"):
        await house.transcribing.ask(archive, TranscriptOrder())
    await house.archives.stop(archive.id, "user initiated", at(END))
    row = await house.settle(archive.id)
    assert (row.status, row.asked) == ("available", "en-GB")


async def test_what_stands_in_the_way_is_said(house: House, tmp_path: Path) -> None:
    archive = await house.recorded()
    house.transcribing._settings = house.settings.model_copy(update={"speech_model": None})
    with pytest.raises(NotSetUp, match="reelroom model get"):
        await house.transcribing.ask(archive, TranscriptOrder())
    house.transcribing._settings = house.settings.model_copy(update={"transcripts": "never"})
    with pytest.raises(NotSetUp, match="REELROOM_TRANSCRIPTS"):
        await house.transcribing.ask(archive, TranscriptOrder())
    house.transcribing._settings = house.settings
    await house.transcribing.ask(archive, TranscriptOrder())
    house.transcribing._settings = house.settings.model_copy(update={"speech_model": None})
    house.transcribing.start()  # the model was removed meanwhile
    assert (await house.settle(archive.id)).reason == NO_MODEL
    (house.settings.data_dir / "takes" / archive.take_id / "take.json").unlink()
    house.transcribing._settings = house.settings
    with pytest.raises(Gone):
        await house.transcribing.ask(archive, TranscriptOrder())


def test_attempts_grow_apart_and_end_a_day_after_it_was_asked_for() -> None:
    day = 24 * 3600 * 1000
    asked = KeptTranscript(archive_id="a", node="n", next_at=0, created_at=0, updated_at=day)  # and begun just now
    assert next_attempt(asked, 10) == 5010
    assert next_attempt(replace(asked, attempts=30), 10) == 900_010
    assert next_attempt(asked, day) is not None and next_attempt(asked, day + 1) is None


async def test_with_the_film_go_its_words(house: House) -> None:
    archive = await house.recorded()
    house.transcribing.start()
    await house.transcribing.ask(archive, TranscriptOrder())
    await house.settle(archive.id)
    await house.archives.delete(archive.id, forever=True)
    assert not list(house.storage.folder.glob(f"{archive.id}*"))
