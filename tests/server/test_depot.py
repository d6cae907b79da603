"""Servers with folders of their own and a depot between them: what one recorded another goes on with."""

from reelroom.roles.everything import Server
from reelroom.store.values import Archive, Render
from tests.server.sharing import Servers, looks, running
from tests.server.waiting import eventually


async def a_server(servers: Servers, name: str) -> Server:
    server = servers.add(name, depot=f"file://{servers.folder}/depot")
    await server.node.be_known()
    return server


def written(server: Server, archive: Archive, text: str) -> None:
    """What a tap would write."""
    folder = server.archives.folder(archive.take_id)
    with (folder / "tracks" / "1-camera-1.mkv").open("a") as file:
        file.write(text)
    with (folder / "events.jsonl").open("a") as file:
        file.write('{"event": "time_passed", "at": 1}\n')


def recorded(server: Server, archive: Archive) -> str:
    path = server.archives.folder(archive.take_id) / "tracks" / "1-camera-1.mkv"
    return path.read_text() if path.is_file() else ""


async def goes_on_at(servers: Servers, heir: Server, render: Render, archive: Archive) -> None:
    """Once its take has come, the recording is shown and filmed there, too."""

    async def goes_on() -> bool:
        await looks(heir)
        return await servers.shows(heir, render) and await servers.makes(heir, archive)

    await eventually(goes_on)


async def shipped(server: Server) -> None:
    assert server.shipping is not None
    await server.shipping.look()


async def test_a_recording_goes_on_elsewhere_with_what_was_shipped(servers: Servers) -> None:
    one = await a_server(servers, "one")
    render, archive = await servers.recording(one)
    written(one, archive, "begins ")
    await shipped(one)
    written(one, archive, "is lost with the machine")
    two = await a_server(servers, "two")
    await looks(two)
    assert running(two) == (set(), []), "one lives"
    servers.time_passes()
    await two.node.be_known()
    await goes_on_at(servers, two, render, archive)
    assert recorded(two, archive) == "begins "
    take = await two.store.takes.get(archive.take_id)
    assert take is not None
    assert take.node == two.node.name

    # Who was frozen ships nothing more of it; whoever comes next has what the heir recorded.
    await shipped(one)
    written(two, archive, "goes on ")
    await shipped(two)
    servers.time_passes()
    three = await a_server(servers, "three")
    await goes_on_at(servers, three, render, archive)
    assert recorded(three, archive) == "begins goes on "


async def test_the_film_of_a_recording_whose_machine_is_gone_is_made_elsewhere(servers: Servers) -> None:
    one = await a_server(servers, "one")
    _, archive = await servers.recording(one)
    written(one, archive, "all of it")
    await one.archives.changes.move(archive.id, "stopped", end_us=archive.start_us + 1, reason="stopped")
    await one.store.takes.stop(archive.take_id)
    await shipped(one)
    two = await a_server(servers, "two")
    await looks(two)
    assert not two.archives.is_in_use(archive.take_id), "its server lives, and makes it"
    servers.time_passes()

    async def is_made() -> bool:
        await looks(two)
        return two.archives.is_in_use(archive.take_id)

    await eventually(is_made)
    assert recorded(two, archive) == "all of it"


async def test_what_is_all_shipped_is_not_looked_at_again_until_it_is_removed(servers: Servers) -> None:
    one = await a_server(servers, "one")
    _, archive = await servers.recording(one)
    written(one, archive, "all of it")
    await one.store.takes.stop(archive.take_id)
    await shipped(one)
    assert [take.id for take in await one.store.takes.not_shipped(one.node.name)] == [archive.take_id]
    await shipped(one)
    assert await one.store.takes.not_shipped(one.node.name) == []
    depot = servers.folder / "depot" / "takes" / archive.take_id
    assert list(depot.rglob("*-*"))
    await one.store.takes.mark_removed(archive.take_id)
    await one.retention.look()
    assert not [path for path in depot.rglob("*") if path.is_file()]
    assert not one.archives.folder(archive.take_id).exists()


async def test_a_take_leaves_the_depot_in_time_also_where_its_server_is_gone(servers: Servers) -> None:
    one, two = await a_server(servers, "one"), await a_server(servers, "two")
    _, archive = await servers.recording(one)
    written(one, archive, "all of it")
    await one.store.takes.stop(archive.take_id)
    await shipped(one)
    await shipped(one)
    await one.archives.changes.move(archive.id, "stopped", end_us=archive.start_us + 1, reason="stopped")
    await one.archives.delete(archive.id, forever=True)
    depot = servers.folder / "depot" / "takes" / archive.take_id

    def there() -> bool:
        return any(path.is_file() for path in depot.rglob("*"))

    await two.retention.look()
    assert there(), "its server lives, and sees to it"
    servers.time_passes()
    await two.retention.look()
    assert not there()
    take = await two.store.takes.get(archive.take_id)
    assert take is not None
    assert take.removed_at is not None
    await one.retention.look()
    assert not one.archives.folder(archive.take_id).exists(), "it was not gone for ever"


async def test_a_depot_that_is_away_costs_no_recording(servers: Servers) -> None:
    one = await a_server(servers, "one")
    render, archive = await servers.recording(one)
    blocked = servers.folder / "depot" / "takes"
    blocked.write_text("a file where a folder should be")
    written(one, archive, "meanwhile")
    await shipped(one)
    assert await servers.shows(one, render)
    blocked.unlink()
    assert one.shipping is not None
    one.shipping._ways[archive.take_id].not_before = 0.0
    await shipped(one)
    assert list((blocked / archive.take_id).rglob("*-*"))
