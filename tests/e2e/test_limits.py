"""What ends by itself: recordings that nobody ends, takes that are old, and requests for which there is no space."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from opentok import ArchiveModes, Client, MediaModes

from reelroom.keys import load_keys
from tests.disks import small_disk
from tests.e2e.application import Application
from tests.e2e.films import watch
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_refusals import count_rows

SMALL = {"width": 320, "height": 180, "fps": 10}
LONGEST, EMPTY = 9, 2


async def recorded(server: RunningServer, room: str, leaves_after: float | None) -> dict[str, Any]:
    """The archive of a recording that ends by itself; its only guest leaves it after so many seconds, if at all."""
    guest = ann(**SMALL)
    await guest.join(*await asyncio.to_thread(server.connect, room, guest.name))
    guest.speak()
    render = await asyncio.to_thread(server.record, room)
    if leaves_after is not None:
        await guest.heard("archiveStarted", 30)
        await asyncio.sleep(leaves_after)
        await guest.leave()
    archive = await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available", 90)
    if leaves_after is None:
        await guest.leave()
    answer = await asyncio.to_thread(server.http.get, f"/render/stop/{render['id']}")
    assert answer.json()["status"] == "stopped"
    return archive


async def recorded_without_anybody(server: RunningServer, room: str) -> dict[str, Any]:
    render = await asyncio.to_thread(server.record, room)
    return await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available", 90)


async def archived_always(server: RunningServer) -> list[dict[str, Any]]:
    """Two archives of a session that is always archived, the newer first; the older one became too long."""
    keys = load_keys(server.data_dir)
    client = Client(keys.api_key, keys.api_secret, api_url=server.url)
    modes = {"media_mode": MediaModes.routed, "archive_mode": ArchiveModes.always}
    session_id = (await asyncio.to_thread(client.create_session, **modes)).session_id
    token = {"sessionId": session_id, "token": client.generate_token(session_id), "name": "Ann"}
    answer = (await asyncio.to_thread(server.http.post, "/session/connect", json=token)).json()
    guest = ann(**SMALL)
    await guest.join(answer["url"], answer["accessToken"])

    def have_rolled_over() -> list[dict[str, Any]] | None:
        found = server.archives(session_id)
        return found if len(found) == 2 else None

    found: list[dict[str, Any]] = await asyncio.to_thread(wait_until, have_rolled_over, "the second archive")
    await guest.leave()
    return found


@pytest.mark.slow
async def test_what_nobody_ends_ends_by_itself(tmp_path: Path) -> None:
    limits = {"LONGEST_SECONDS": LONGEST, "EMPTY_SECONDS": EMPTY, "KEEP_TAKES_DAYS": 0}
    settings = {f"REELROOM_{name}": str(value) for name, value in limits.items()}
    server = RunningServer(tmp_path / "data", settings=settings)
    try:
        await asyncio.to_thread(server.start)
        stayed, left, empty, (second, first) = await asyncio.gather(
            recorded(server, "stays", None),
            recorded(server, "leaves", 1),
            recorded_without_anybody(server, "nobody"),
            archived_always(server),
        )
        assert first["reason"] == "maximum duration exceeded"
        assert (second["status"], second["createdAt"] - first["createdAt"] < (LONGEST + 5) * 1000) == (
            "started",
            True,
        )
        assert stayed["reason"] == "maximum duration exceeded"
        assert left["reason"] == empty["reason"] == "session ended"  # all have left, or nobody ever came
        assert watch(server.download(stayed, tmp_path)).seconds == pytest.approx(LONGEST, abs=2.5)
        assert watch(server.download(left, tmp_path)).seconds == pytest.approx(1 + EMPTY, abs=2.5)
        assert watch(server.download(empty, tmp_path)).seconds == pytest.approx(EMPTY, abs=2.5)
        # Their takes were to be kept for no time at all. The films stay.
        takes = server.data_dir / "takes"
        wait_until(lambda: not list(takes.iterdir()), "the takes are removed")
        assert server.log().count("take removed") == 4  # both archives of a session share one
        answer = Application(server).call("POST", f"/archive/{stayed['id']}/recut", json={})
        assert (answer.status_code, answer.json()["message"].partition(":")[2]) == (410, " only the film is left")
        assert server.http.get(stayed["tracksUrl"] or stayed["url"]).status_code in {200, 410}
        assert server.archives(stayed["sessionId"])[0]["tracksUrl"] is None
        assert server.http.get(stayed["url"]).status_code == 200
    finally:
        await asyncio.to_thread(server.close)


def test_no_recording_starts_on_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 100) as disk:
        server = RunningServer(disk)
        try:
            server.start()
            server.open_room("demo")
            before = count_rows(disk)
            for room in ("demo", "another"):
                answer = server.http.post("/render", json={"roomName": room})
                assert answer.status_code == 507
                assert answer.json()["message"].startswith("The disk is nearly full: ")
            assert count_rows(disk) == before
            assert server.http.post("/render", json={"roomName": ""}).status_code == 400
        finally:
            server.close()
