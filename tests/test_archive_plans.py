"""What an archive's composer is started with, and told on the way."""

import asyncio
from contextlib import nullcontext
from pathlib import Path

import pytest

from reelroom.archives.answer import plan_of
from reelroom.archives.library import Archives
from reelroom.archives.making import Making
from reelroom.config import Settings
from reelroom.cutting.plan import LayoutChoice, Plan
from reelroom.errors import NotFound
from reelroom.files.films import Storage
from reelroom.store.node import Node
from reelroom.store.schema import database_url, migrate
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake, Session


@pytest.fixture
def archive() -> Archive:
    return Archive(
        id="archive",
        session_id="room",
        take_id="take",
        name="demo",
        status="started",
        resolution="720x1280",
        start_us=5,
        created_at=1,
        updated_at=1,
    )


async def test_a_plan_is_written_once_and_keeps_its_changes(tmp_path: Path, archive: Archive) -> None:
    await asyncio.to_thread(migrate, database_url(tmp_path))
    store = Store(database_url(tmp_path))
    await store.add(Session(id="room", created_at=1), KeptTake(id="take", session_id="room", created_at=1))
    await store.add(archive)
    storage = Storage(tmp_path / "archives")
    archives = Archives(Settings(data_dir=tmp_path), store, storage)
    node = Node(store, "here")
    making = Making(archive, archives.folder("take"), store, archives.changes, node, storage, 7, nullcontext())
    path = tmp_path / "takes/take/films/archive.plan.json"

    async def started_with() -> Plan:
        command = (await making._program()).command
        assert command[command.index("--plan") + 1] == str(path)
        return Plan.model_validate_json(path.read_bytes())

    assert await started_with() == Plan(width=720, height=1280)
    await archives.set_layout("archive", LayoutChoice(type="bestFit"))
    assert [step.layout.type for step in (await started_with()).layouts] == ["bestFit"]
    custom = LayoutChoice(type="custom", stylesheet="stream { float: left; width: 50%; height: 100% }")
    path.write_text("what somebody else wrote counts for nothing")
    await archives.set_layout("archive", custom)
    assert (await started_with()).layouts[-1].layout == custom

    with pytest.raises(NotFound):
        await archives.set_layout("absent", LayoutChoice(type="bestFit"))
    await store.close()


async def test_changes_at_once_are_all_kept(tmp_path: Path, archive: Archive) -> None:
    await asyncio.to_thread(migrate, database_url(tmp_path))
    store = Store(database_url(tmp_path))
    await store.add(Session(id="room", created_at=1), KeptTake(id="take", session_id="room", created_at=1), archive)
    archives = Archives(Settings(data_dir=tmp_path), store, Storage(tmp_path / "archives"))
    streams = [f"TR_{number}" for number in range(20)]
    await asyncio.gather(*(archives.set_layout_classes("archive", {each: ("focus",)}) for each in streams))
    kept = plan_of(await archives.get("archive")).classes_at(2**60)
    assert kept == dict.fromkeys(streams, frozenset({"focus"}))
    await store.close()
