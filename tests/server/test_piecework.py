"""Pieces of a film that one server cuts again are made by another, of the take that lies in the depot."""

import asyncio
from pathlib import Path

import pytest

from reelroom.archives.gathering import Offer, pieces_key
from reelroom.archives.piecework import next_pieces
from reelroom.composer.compose import Pace, compose, laid_plan
from reelroom.composer.decoding import Decoding
from reelroom.composer.side_by_side import (
    PIECES,
    Task,
    compose_side_by_side,
    find_speech,
    make_some,
    open_folder,
    piece_file,
)
from reelroom.cutting.plan import Plan, Planned
from reelroom.files.depot import open_depot
from reelroom.files.shipment import Shipment
from reelroom.roles.everything import Server
from reelroom.store.values import Archive, KeptTake, Session
from reelroom.takes.folder import Take
from tests.server.sharing import Servers
from tests.server.waiting import eventually
from tests.takes import SECOND, START
from tests.test_pieces import assert_same, in_turns

PLAN = Plan(width=160, height=90)
SECONDS = 62  # two pieces, and a little
END = START + SECONDS * SECOND
ARCHIVE = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("pieces", "taken", "composers", "expected"),
    [
        (4, (), 2, [3]),
        (120, (), 2, [112, 113, 114, 115, 116, 117, 118, 119]),
        (120, (), 10, [114, 115, 116, 117, 118, 119]),
        (16, range(8, 16), 2, [6, 7]),
        (8, (5,), 1, [6, 7]),  # of three that are long enough; what is taken is in between
        (3, (0, 1, 2), 2, []),
        (0, (), 2, []),
    ],
)
def test_pieces_are_taken_from_the_end(
    pieces: int, taken: tuple[int, ...], composers: int, expected: list[int]
) -> None:
    assert list(next_pieces(pieces, taken, composers)) == expected


def test_all_pieces_are_taken_once_by_however_many() -> None:
    for composers in (1, 2, 4, 7):
        taken: list[int] = []
        while more := next_pieces(121, taken, composers):
            taken += more
        assert sorted(taken) == list(range(121))


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    return in_turns(tmp_path_factory.mktemp("takes") / "take", SECONDS, 10)


async def cutting_again(server: Server, take: Take) -> Archive:
    """A film of a take that is in the depot, whose pieces a server offers while it makes none itself."""
    await server.store.add(Session(id="s", created_at=1))
    await server.store.add(KeptTake(id="take", session_id="s", created_at=1, stopped_at=2, node=server.node.name))
    await Shipment(open_depot(server.settings.depot), "take", take.folder, fence=1).ship()
    archive = Archive(
        id=ARCHIVE,
        session_id="s",
        take_id="take",
        status="stopped",
        resolution="640x480",
        recut_of="another",
        plan=PLAN.to_json(),
        start_us=START,
        end_us=END,
        created_at=1,
        updated_at=1,
    )
    await server.store.add(archive)
    return archive


def task_of(take: Take) -> Task:
    return Task(take=take.folder, start=START, end=END, plan=laid_plan(take, PLAN, Decoding()))


async def two(servers: Servers) -> tuple[Server, Server]:
    both = [servers.add(name, depot=f"file://{servers.folder}/depot") for name in ("one", "two")]
    for server in both:
        await server.node.be_known()
        await server.node.renew()
    return both[0], both[1]


@pytest.mark.slow
async def test_another_server_makes_pieces_and_the_film_is_the_same(
    servers: Servers, take: Take, tmp_path: Path
) -> None:
    one, other = await two(servers)
    archive = await cutting_again(one, take)
    film, task = tmp_path / "film.mp4", task_of(take)
    folder = film.with_name(film.name + PIECES)
    gathering, piecework = one.archives.gathering, other.piecework
    assert gathering is not None
    assert piecework is not None
    assert await gathering.has_others()
    told: list[Task] = []

    def offer(task: Task) -> None:
        told.append(task)

    open_folder(folder, task)
    await asyncio.to_thread(find_speech, task, folder=folder)
    gathering.begin(archive.id, folder, Offer(task.pieces, task.mark))

    async def helps() -> bool:
        await piecework.look()
        return piece_file(folder, 0).exists()

    await eventually(helps, seconds=60)
    assert sorted(path.name for path in folder.glob("*.piece")) == [f"{number:05d}.piece" for number in range(3)]
    when = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.piece")}
    seen: dict[str, int] = {}

    def progress(_moment: int, _behind: int) -> None:
        seen.update({path.name: path.stat().st_mtime_ns for path in folder.glob("*.piece")})

    compose_side_by_side(take, film, start=START, end=END, plan=PLAN, jobs=1, offer=offer, progress=progress)
    assert [each.mark for each in told] == [task.mark]
    assert seen == when, "what the other server made is not made again"
    whole = tmp_path / "whole.mp4"
    compose(take, whole, Pace(SECOND, END), start=START, planned=Planned(PLAN))
    assert_same(film, whole)

    # Once the film is there, nothing is left of it: in the depot, among the leases, and on the other's disk.
    await gathering.end(archive.id)
    depot = servers.folder / "depot"
    assert not [path for path in (depot / "pieces").rglob("*") if path.is_file()]
    assert not [thing for thing in await other.node.of_others() if thing[0] in {"piece", "pieces"}]
    assert not list((other.settings.data_dir / "piecework").glob("*"))


async def test_what_another_server_makes_is_what_would_be_made_here(
    servers: Servers, take: Take, tmp_path: Path
) -> None:
    """The last piece, which lasts two seconds; the others are in the depot already."""
    one, other = await two(servers)
    archive = await cutting_again(one, take)
    task, gathering, piecework = task_of(take), one.archives.gathering, other.piecework
    assert gathering is not None
    assert piecework is not None
    own, came = tmp_path / "own", tmp_path / "came"
    for folder in (own, came):
        folder.mkdir()
        await asyncio.to_thread(find_speech, task, folder=folder)
    for number in (0, 1):
        await open_depot(one.settings.depot).create(f"{pieces_key(archive.id, task.mark)}/{number}", b"of another")
    gathering.begin(archive.id, came, Offer(task.pieces, task.mark))

    async def helps() -> bool:
        await piecework.look()
        return piece_file(came, 2).exists()

    await eventually(helps, seconds=60)
    await gathering.end(archive.id)
    await asyncio.to_thread(make_some, task, Decoding(), folder=own, wanted=lambda number: number == 2)
    assert piece_file(came, 2).read_bytes() == piece_file(own, 2).read_bytes()
    assert piece_file(came, 0).read_bytes() == b"of another"


async def test_pieces_of_another_version_are_nobodys_work(servers: Servers, take: Take, tmp_path: Path) -> None:
    one, other = await two(servers)
    archive = await cutting_again(one, take)
    gathering, piecework = one.archives.gathering, other.piecework
    assert gathering is not None
    assert piecework is not None
    await asyncio.to_thread(find_speech, task_of(take), folder=tmp_path)
    gathering.begin(archive.id, tmp_path, Offer(4, "of another version"))

    async def looked_at() -> bool:
        await piecework.look()
        return await offered(other) and await piecework.work_for(archive.id) is None

    await eventually(looked_at)
    assert not list(tmp_path.glob("*.piece"))
    await gathering.end(archive.id)


async def test_what_is_withdrawn_is_neither_made_nor_brought(servers: Servers, take: Take, tmp_path: Path) -> None:
    """Its composer has died of a file: the film is made anew without that, and what others made is of no use."""
    one, other = await two(servers)
    archive = await cutting_again(one, take)
    task, gathering, piecework = task_of(take), one.archives.gathering, other.piecework
    assert gathering is not None
    assert piecework is not None
    gathering.begin(archive.id, tmp_path, Offer(task.pieces, task.mark))

    async def is_offered() -> bool:
        return await piecework.work_for(archive.id) is not None

    async def is_offered_no_more() -> bool:
        return ("pieces", archive.id) not in await other.node.of_others()

    await eventually(is_offered)
    work = await piecework.work_for(archive.id)
    assert work is not None
    gathering.withdraw(archive.id)
    await open_depot(one.settings.depot).create(f"{pieces_key(archive.id, task.mark)}/2", b"too late")
    await eventually(is_offered_no_more)
    assert await piecework.claim(work) == ()
    assert await piecework.work_for(archive.id) is None
    assert not list(tmp_path.glob("*.piece"))
    await gathering.end(archive.id)
    depot = servers.folder / "depot"
    assert not [path for path in (depot / "pieces").rglob("*") if path.is_file()]


async def offered(server: Server) -> bool:
    held = await server.store.leases.held("pieces", [ARCHIVE], server.node.clock())
    return bool(held and held[0].said)


async def test_what_a_server_that_is_gone_had_taken_is_taken_by_another(servers: Servers, take: Take) -> None:
    one, other = await two(servers)
    archive = await cutting_again(one, take)
    gathering, piecework = one.archives.gathering, other.piecework
    assert gathering is not None
    assert piecework is not None
    third = servers.add("three", depot=f"file://{servers.folder}/depot")
    await third.node.be_known()
    gathering.begin(archive.id, servers.folder, Offer(4, "mark"))
    await eventually(lambda: offered(other))
    assert await third.node.hold("piece", f"{archive.id}/3")
    work = await piecework.work_for(archive.id)
    assert work is not None
    assert list(await piecework.claim(work)) == [2]
    servers.time_passes()
    await one.node.renew()  # which is not gone, as three is
    await other.node.renew()
    assert list(await piecework.claim(work)) == [3]
    await gathering.end(archive.id)
    assert list(await piecework.claim(work)) == [], "nobody wants them any more"


async def test_pieces_that_nobody_wants_are_swept_out(servers: Servers, take: Take) -> None:
    one, other = await two(servers)
    archive = await cutting_again(one, take)
    depot = open_depot(one.settings.depot)
    assert other.piecework is not None
    wanted, old = pieces_key(archive.id, "m") + "/0", pieces_key("another", "m") + "/0"
    for key in (wanted, old):
        await depot.create(key, b"piece")
    await other.piecework.sweep()
    assert [name for name, _ in await depot.list("pieces")] == [wanted.removeprefix("pieces/")]
