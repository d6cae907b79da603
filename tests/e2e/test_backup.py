"""A server begins on a backup that was taken while it recorded: films play, and what was caught becomes one."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.films import watch
from tests.e2e.people import ann
from tests.e2e.running import RunningServer


async def run(*words: object) -> str:
    def done() -> str:
        command = [sys.executable, "-m", "reelroom", *map(str, words)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return await asyncio.to_thread(done)


@pytest.mark.slow
async def test_a_server_begins_on_a_backup_taken_during_a_recording(tmp_path: Path) -> None:
    first = RunningServer(tmp_path / "data")
    # A minute later, as backups are restored: nobody is waited for in the recording that ran.
    second = RunningServer(tmp_path / "new" / "data", settings={"REELROOM_ORPHAN_SECONDS": "0"})
    try:
        await asyncio.to_thread(first.start)
        person = ann(width=320, height=180, fps=10)
        await person.join(*await asyncio.to_thread(first.connect, "room", person.name))
        person.speak()
        session_id = (await asyncio.to_thread(first.open_room, "room"))["sessionId"]
        done = await asyncio.to_thread(first.record, "room")
        done_id, _ = (await person.heard("archiveStarted")).split(":")
        await asyncio.to_thread(first.record_for, session_id, 2)
        await asyncio.to_thread(first.http.get, f"/archive/stop/{done_id}")
        film = await asyncio.to_thread(first.wait_for_archive, done["sessionId"], "available")
        running = await asyncio.to_thread(first.record, "room")
        await person.heard("archiveStarted")
        await asyncio.to_thread(first.record_for, session_id, 3)

        await run("backup", tmp_path / "backup", "--data-dir", first.data_dir)
        assert first.taps()  # it goes on
        await person.leave()
        await asyncio.to_thread(first.stop)
        await run("restore", tmp_path / "backup", "--data-dir", second.data_dir)

        await asyncio.to_thread(second.start)
        restored = await asyncio.to_thread(second.wait_for_archive, done["sessionId"], "available")
        assert restored["sha256sum"] == film["sha256sum"]
        played = watch(await asyncio.to_thread(second.download, restored, tmp_path))
        assert played.shows(person.colour, played.seconds / 2)
        caught = await asyncio.to_thread(second.wait_for_archive, running["sessionId"], "available")
        played = watch(await asyncio.to_thread(second.download, caught, tmp_path))
        assert played.seconds > 2.5
        assert played.shows(person.colour, played.seconds - 0.5)
        assert (await asyncio.to_thread(second.open_room, "room"))["sessionId"] == session_id
    finally:
        for server in (first, second):
            await asyncio.to_thread(server.close)
