"""Shipments: a take that grows is in the depot, and comes from there as it was; judged with a real S3 server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from reelroom.files.depot import Depot, DepotError, open_depot
from reelroom.files.shipment import INCOMPLETE, Shipment, bring_log, bring_tracks, is_whole
from tests.s3_server import ACCESS_KEY, SECRET_KEY, s3_server


@pytest.fixture(scope="module")
def s3_depot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depot]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.make_bucket("takes")
        yield open_depot("s3://takes/some/prefix", endpoint=server.url, access_key=ACCESS_KEY, secret_key=SECRET_KEY)


@pytest.fixture(params=["file", "s3"])
def depot(request: pytest.FixtureRequest, tmp_path: Path) -> Depot:
    if request.param == "file":
        return open_depot(f"file://{tmp_path}/depot")
    return request.getfixturevalue("s3_depot")  # type: ignore[no-any-return]


def written(folder: Path, **files: bytes) -> Path:
    """A take's folder with these files; a name's `__` is a slash, its last `_` a dot."""
    for name, data in files.items():
        path = folder / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)
    return folder


async def test_a_take_comes_back_as_it_was(depot: Depot, tmp_path: Path) -> None:
    take = written(tmp_path / "take", take_json=b"{}", events_jsonl=b'{"a":1}\n{"b', tracks__one_mkv=b"x" * 1000)
    written(take, films__film_mp4=b"made of it", tap_log=b"log", words_jsonl=b"{}\n", tracks__half_partial=b"no")
    shipment = Shipment(depot, "a", take, 1)
    await shipment.ship()
    written(take, events_jsonl=b'":2}\n', tracks__one_mkv=b"y" * 10, tracks__two_mkv=b"z")
    await shipment.ship()
    assert await shipment.ship() == 0

    other = tmp_path / "other"
    assert await bring_log(depot, "a", other)
    assert (other / "events.jsonl").read_bytes() == b'{"a":1}\n{"b":2}\n'
    assert not list((other / "tracks").iterdir())
    assert not is_whole(other)
    await bring_tracks(depot, "a", other)
    assert is_whole(other)
    there = {path.relative_to(other).as_posix() for path in other.rglob("*") if path.is_file()}
    assert there == {"take.json", "events.jsonl", "tracks/one.mkv", "tracks/two.mkv"}
    assert (other / "tracks" / "one.mkv").read_bytes() == b"x" * 1000 + b"y" * 10
    assert not await bring_log(depot, "unknown", tmp_path / "unknown")
    await depot.remove("takes/a")
    assert not await bring_log(depot, "a", tmp_path / "again")


async def test_a_depot_is_tried_out_and_left_as_it_was(depot: Depot) -> None:
    await depot.try_out()
    assert await depot.list("tried") == []


async def test_a_line_is_shipped_when_it_is_whole(depot: Depot, tmp_path: Path) -> None:
    take = written(tmp_path / "take", take_json=b"{}", events_jsonl=b'{"a":1}\n{"b')
    await Shipment(depot, "lines", take, 1).ship()
    await bring_log(depot, "lines", tmp_path / "other")
    assert (tmp_path / "other" / "events.jsonl").read_bytes() == b'{"a":1}\n'


async def test_who_takes_over_goes_on_and_the_old_one_disturbs_nothing(depot: Depot, tmp_path: Path) -> None:
    old = written(tmp_path / "old", take_json=b"{}", events_jsonl=b"1\n", tracks__1_mkv=b"old")
    frozen = Shipment(depot, "over", old, 1)
    await frozen.ship()
    written(old, events_jsonl=b"never seen\n")  # before it was frozen

    new = tmp_path / "new"
    assert await bring_log(depot, "over", new)
    written(new, events_jsonl=b"2\n", tracks__2_mkv=b"new")
    await Shipment(depot, "over", new, 2).ship()
    await frozen.ship()  # it wakes up

    await bring_log(depot, "over", old)
    await bring_tracks(depot, "over", old)
    assert (old / "events.jsonl").read_bytes() == b"1\n2\n"
    assert (old / "tracks" / "2.mkv").read_bytes() == b"new"

    again = Shipment(depot, "over", new, 3)  # a server that was restarted ships nothing twice
    assert await again.ship() == 0
    ended = Shipment(depot, "over", written(new, events_jsonl=b"3\n"), None)
    assert await ended.ship() == 2
    await bring_log(depot, "over", old)
    assert (old / "events.jsonl").read_bytes() == b"1\n2\n3\n"


async def test_an_answer_that_was_lost_costs_nothing(depot: Depot, tmp_path: Path) -> None:
    take = written(tmp_path / "take", take_json=b"{}", tracks__1_mkv=b"abc")
    losing = _LosesAnswers(depot)
    shipment = Shipment(losing, "lost", take, 1)  # type: ignore[arg-type]
    for more in (b"def", b"ghi", b""):
        with pytest.raises(DepotError):
            await shipment.ship()
        written(take, tracks__1_mkv=more)
    losing.loses = False
    await shipment.ship()
    await bring_log(depot, "lost", tmp_path / "other")
    await bring_tracks(depot, "lost", tmp_path / "other")
    assert (tmp_path / "other" / "tracks" / "1.mkv").read_bytes() == b"abcdefghi"


class _LosesAnswers:
    def __init__(self, depot: Depot) -> None:
        self._depot, self.loses = depot, True

    async def create(self, key: str, data: bytes) -> int:
        size = await self._depot.create(key, data)
        if self.loses:
            raise DepotError("no answer")
        return size

    async def list(self, folder: str) -> object:
        return await self._depot.list(folder)


async def test_a_take_that_is_torn_off_while_it_is_brought_is_not_whole(depot: Depot, tmp_path: Path) -> None:
    take = written(tmp_path / "take", take_json=b"{}", tracks__1_mkv=b"abc", tracks__2_mkv=b"def")
    await Shipment(depot, "torn", take, 1).ship()
    other = tmp_path / "other"
    await bring_log(depot, "torn", other)
    written(other, tracks__1_mkv=b"a")  # half of it, by whoever was killed
    assert (other / INCOMPLETE).exists()
    await bring_tracks(depot, "torn", other)
    assert (other / "tracks" / "1.mkv").read_bytes() == b"abc"
    assert (other / "tracks" / "2.mkv").read_bytes() == b"def"


async def test_a_depot_that_is_away_says_so_without_its_secret(tmp_path: Path, unused_tcp_port: int) -> None:
    away = open_depot(
        "s3://takes", endpoint=f"http://127.0.0.1:{unused_tcp_port}", access_key=ACCESS_KEY, secret_key=SECRET_KEY
    )
    take = written(tmp_path / "take", take_json=b"{}")
    async with asyncio.timeout(60):
        with pytest.raises(DepotError) as error:
            await Shipment(away, "away", take, 1).ship()
    assert SECRET_KEY not in str(error.value)


@pytest.mark.parametrize("url", ["", "takes", "/a/folder", "s3:///nothing", "https://example.org/x", "file://host/x"])
def test_an_address_that_names_no_depot_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="names no depot"):
        open_depot(url)
