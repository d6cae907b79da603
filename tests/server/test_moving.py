"""What lies on a server's disk moves to the depot while it serves, and comes back where it is needed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reelroom.archives.moving import ORDER, Moved, Moving, read_order, write_order
from reelroom.cli.main import cli
from reelroom.cutting.recut import RecutOrder
from reelroom.errors import Overloaded
from reelroom.files.depot import Depot, DepotError
from reelroom.files.films import FILM, WORDS
from reelroom.files.shipment import INCOMPLETE
from reelroom.roles.everything import Server
from reelroom.roles.lock import lock
from reelroom.store.values import Archive, Upload
from tests.server.conftest import caller
from tests.server.sharing import Servers
from tests.server.test_films_in_depot import FILM as BYTES
from tests.server.test_films_in_depot import a_film, depot, finished, link  # noqa: F401
from tests.server.waiting import eventually

TRACK = bytes(range(255)) * 50_000  # 12 MB: more than one parcel


async def a_server(servers: Servers, where: dict[str, str] | None = None) -> Server:
    server = servers.add("one", **(where or {"depot": f"file://{servers.folder}/depot"}))
    await server.node.be_known()
    return server


async def a_film_and_its_take(server: Server) -> Archive:
    """As after a recording: the film is not in the depot yet."""
    archive = await a_film(server, finish=False)
    folder = server.archives.folder(archive.take_id)
    (folder / "tracks").mkdir(parents=True)
    (folder / "take.json").write_text('{"id": "take", "sessionId": "session", "roomName": "demo", "createdAt": 1}')
    (folder / "events.jsonl").write_text(
        '{"event": "file_opened", "at": 1, "file": "1.mkv", "participant": "a", "track": "t", "kind": "audio", '
        '"codec": "opus", "clock_rate": 48000}\n{"event": "time_passed", "at": 9000000}\n'
    )
    (folder / "tracks" / "1.mkv").write_bytes(TRACK)
    assert await finished(server, archive)
    await server.node.let_go("archive", archive.id)
    return await server.archives.get(archive.id)


def moving(server: Server) -> Moving:
    assert server.moving is not None
    return server.moving


async def moved(server: Server) -> Moved:
    """What is told of one pass."""
    if (order := read_order(server.settings.data_dir)) is None or order.state == "done":
        write_order(server.settings.data_dir, Moved())
    await moving(server).look()
    told = read_order(server.settings.data_dir)
    assert told is not None
    return told


def track(server: Server, archive: Archive) -> Path:
    return server.archives.folder(archive.take_id) / "tracks" / "1.mkv"


def films_here(server: Server) -> set[str]:
    return {path.name[36:] for path in server.storage.folder.iterdir()}


async def test_films_and_tracks_leave_the_disk_and_are_served_all_the_same(
    servers: Servers,
    depot: dict[str, str],  # noqa: F811
) -> None:
    server = await a_server(servers, depot)
    archive = await a_film_and_its_take(server)
    told = await moved(server)
    assert (told.state, told.problem, told.files) == ("done", "", 3)
    assert told.bytes == len(BYTES) + len(TRACK) + len(b"a face")
    assert films_here(server) == {".timeline.json"}
    assert not track(server, archive).exists()
    async with caller(server, servers.folder) as client:
        assert (await client.get(link(server, archive))).content == BYTES
        assert (await client.get(link(server, archive, ".poster.jpg"))).content == b"a face"
    assert (await moved(server)).files == 0, "nothing is left to be moved"


async def test_a_server_that_is_not_asked_moves_nothing(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    await moving(server).look()
    assert {FILM, ".poster.jpg"} <= films_here(server)
    assert track(server, archive).exists()


async def test_what_was_moved_comes_back_to_be_cut_again(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    await moved(server)
    with pytest.raises(Overloaded, match="on its way"):
        await server.archives.tracks(archive)
    await eventually(lambda: server.archives.is_here(archive))
    assert track(server, archive).read_bytes() == TRACK
    await moved(server)
    assert not track(server, archive).exists(), "and it leaves again"
    again = await server.archives.recut(archive.id, RecutOrder(begin=0.0, end=0.000001))

    async def is_made() -> bool:
        await server.taking_up.look(at_start=True)
        return again.id in server.archives.made_here()

    await eventually(is_made)
    assert track(server, archive).read_bytes() == TRACK
    assert (await moved(server)).files == 0, "a film is made of it"
    assert track(server, archive).exists()


async def test_who_transcribes_waits_for_what_was_moved(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    await moved(server)
    await server.transcribing._have_tracks(archive)
    assert track(server, archive).read_bytes() == TRACK


async def test_who_is_killed_at_any_moment_goes_on(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off before each of its steps in the depot, and after each removal, it loses nothing, and ends."""
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    steps, dies_at = 0, 0

    class Killed(BaseException):
        pass

    def dying(kind: Any, name: str) -> None:
        real = getattr(kind, name)

        async def step(self: Any, *given: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps >= dies_at:
                raise Killed
            done = await real(self, *given)
            steps += 1
            if steps >= dies_at:
                raise Killed
            return done

        monkeypatch.setattr(kind, name, step)

    for name in ("create", "put_file", "read", "read_range", "size", "list"):
        dying(Depot, name)
    dying(Moving, "_remove")
    write_order(server.settings.data_dir, Moved())
    while True:
        dies_at += 1
        steps = 0
        try:
            await moving(server).look()
        except Killed:
            assert server.storage.has(archive.id) or ".mp4" in (await server.archives.get(archive.id)).deposited
            continue
        break
    assert dies_at > 8
    told = read_order(server.settings.data_dir)
    assert told is not None
    assert told.state == "done"
    assert films_here(server) == {".timeline.json"}
    assert not track(server, archive).exists()
    dies_at = 1 << 30
    assert not await server.archives.is_here(archive)
    await eventually(lambda: server.archives.is_here(archive))
    assert track(server, archive).read_bytes() == TRACK
    async with caller(server, servers.folder) as client:
        assert (await client.get(link(server, archive))).content == BYTES


async def test_a_film_that_the_depot_has_damaged_is_put_there_anew(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    (there,) = (servers.folder / "depot" / "films" / archive.id).glob("*.mp4")
    there.write_bytes(BYTES[:-1] + b"?")
    assert (await moved(server)).state == "done"
    assert there.read_bytes() == BYTES
    assert not server.storage.has(archive.id)


async def test_tracks_that_the_depot_has_damaged_stay_here(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    assert server.shipping is not None
    await server.shipping.look()
    parcel = next((servers.folder / "depot" / "takes" / archive.take_id / "tracks").rglob("*-*"))
    parcel.write_bytes(b"?" + parcel.read_bytes()[1:])
    told = await moved(server)
    assert told.state == "moving"
    assert "1.mkv" in told.problem
    assert track(server, archive).read_bytes() == TRACK
    assert not (server.archives.folder(archive.take_id) / INCOMPLETE).exists()


async def test_a_depot_that_is_away_is_waited_for(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)

    async def away(self: Depot, key: str, start: int, end: int) -> bytes:
        raise DepotError("away")

    with monkeypatch.context() as patch:
        patch.setattr(Depot, "read_range", away)
        told = await moved(server)
        assert (told.state, told.problem) == ("moving", "away")
        assert server.storage.has(archive.id)
    assert (await moved(server)).state == "done"
    assert not server.storage.has(archive.id)


async def test_a_film_that_becomes_another_one_meanwhile_stays(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets captions while it is compared: what is here then is in no depot."""
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    read = Depot.read_range
    film = server.storage.path(archive.id)

    def captions(old: Path, new: Path) -> None:
        new.write_bytes(old.read_bytes() + b"captions")

    async def meanwhile(self: Depot, key: str, start: int, end: int) -> bytes:
        found = await read(self, key, start, end)
        if end == len(BYTES) and film.stat().st_size == len(BYTES):
            server.storage.replace_film(archive.id, captions)
        return found

    monkeypatch.setattr(Depot, "read_range", meanwhile)
    await moved(server)
    assert film.read_bytes().endswith(b"captions")


async def test_a_film_that_is_still_to_go_to_a_bucket_stays(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    upload = Upload(
        archive_id=archive.id, project=server.keys.api_key, node=server.node.name, next_at=1, created_at=1
    )
    await server.store.add(upload)
    await server.archives.changes.move(archive.id, "failed") if False else None
    await moved(server)
    assert server.storage.has(archive.id)


async def test_the_texts_of_a_transcript_stay_to_be_corrected(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    server.storage.path(archive.id, WORDS[0]).write_text("{}")
    await moved(server)
    assert films_here(server) == {".timeline.json", WORDS[0]}


async def test_the_command_asks_the_server_and_waits_for_it(servers: Servers) -> None:
    server = await a_server(servers)
    archive = await a_film_and_its_take(server)
    data_dir = server.settings.data_dir

    async def command() -> Any:
        return await asyncio.to_thread(CliRunner().invoke, cli, ["move-to-store", "--data-dir", str(data_dir)])

    nobody = await command()
    assert nobody.exit_code == 1
    assert "No server works" in nobody.output
    assert not (data_dir / ORDER).exists()

    async def asked_for() -> bool:
        return read_order(data_dir) is not None

    with lock(data_dir):
        asked = asyncio.create_task(command())
        await eventually(asked_for)
        await moving(server).look()
        done = await asked
    assert done.exit_code == 0, done.output
    assert "3 files" in done.output
    assert not (data_dir / ORDER).exists()
    assert not server.storage.has(archive.id)
