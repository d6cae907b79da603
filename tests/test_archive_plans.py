"""What an archive's composer is started with, and told on the way."""

import asyncio
from contextlib import nullcontext
from pathlib import Path

import pytest

from reelroom.archives.library import Archives
from reelroom.archives.making import Making
from reelroom.config import Settings
from reelroom.cutting.plan import LayoutChoice, Plan
from reelroom.errors import NotFound
from reelroom.files.films import Storage
from reelroom.store.database import Archive, Session, Store, Take
from reelroom.store.schema import database_url, migrate


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
    await store.add(Session(id="room", created_at=1), Take(id="take", session_id="room", created_at=1))
    await store.add(archive)
    storage = Storage(tmp_path / "archives")
    archives = Archives(Settings(data_dir=tmp_path), store, storage, 7)
    making = Making(archive, archives.folder("take"), store, storage, 7, nullcontext())
    path = tmp_path / "takes/take/films/archive.plan.json"

    command = making._program().command
    assert command[command.index("--plan") + 1] == str(path)
    plan = Plan.model_validate_json(path.read_bytes())
    assert plan == Plan(width=720, height=1280)

    await archives.set_layout("archive", LayoutChoice(type="bestFit"))
    making._program()
    kept = Plan.model_validate_json(path.read_bytes())
    assert [step.layout.type for step in kept.layouts] == ["bestFit"]

    custom = LayoutChoice(type="custom", stylesheet="stream { float: left; width: 50%; height: 100% }")
    await archives.set_layout("archive", custom)
    making._program()
    assert Plan.model_validate_json(path.read_bytes()).layouts[-1].layout == custom

    with pytest.raises(NotFound):
        await archives.set_layout("absent", LayoutChoice(type="bestFit"))
    await store.close()
