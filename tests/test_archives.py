"""Archives without a server: made by real composers, of takes that tests made."""

import asyncio
import io
import json
import shutil
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest
from typer.testing import CliRunner

from reelroom.archives.answer import plan_of
from reelroom.archives.film_now import FilmNow
from reelroom.archives.package import zip_chunks
from reelroom.archives.retention import Retention
from reelroom.cli.main import cli
from reelroom.cutting.recut import RecutOrder
from reelroom.errors import BadRequest, Conflict, Gone, NotFound
from reelroom.files.films import BESIDE, FILM, TRACKS
from reelroom.opentok.tokens import new_session_id
from reelroom.store.database import now_ms
from reelroom.store.values import Render, Room, Session
from tests.archive_world import World, streams, two_people
from tests.takes import BLUE, FPS, RED, SECOND, START, TakeMaker, coloured, tone

DAY = 24 * 3600 * 1000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    yield world
    await world.close()


async def test_an_archive_has_all_its_files(world: World) -> None:
    archive = await world.made(await world.archive(await world.take(two_people), 0, 5))
    assert (archive.status, archive.reason, archive.duration_ms) == ("available", "user initiated", 5000)
    assert all(world.storage.has(archive.id, suffix) for suffix in (FILM, *BESIDE))
    assert not list((world.settings.data_dir / "takes" / archive.take_id / "films").glob("*.partial"))
    assert world.archives.made_here().get(archive.id, FilmNow()).progress is None


@pytest.mark.slow
async def test_cut_again_with_other_rules_and_size(world: World) -> None:
    source = await world.made(await world.archive(await world.take(two_people), 1, 3))
    rules = {"shortestShot": 0.5, "leaveDark": False, "silence": None}
    name = "The best of it"
    wish = RecutOrder(resolution="480x640", rules=rules, layout="bestFit", begin=-0.5, end=100, name=name)
    again = await world.archives.recut(source.id, wish)
    assert (again.status, again.recut_of, again.name) == ("stopped", source.id, name)
    plan = plan_of(again)
    assert (plan.rules.shortest_shot, plan.rules.leave_dark, plan.width, plan.height) == (500_000, False, 480, 640)
    assert plan.layout_at(START).type == "bestFit"
    seen = set()
    while (await world.archives.get(again.id)).status == "stopped":
        seen.add(world.archives.made_here().get(again.id, FilmNow()).progress)
        await asyncio.sleep(0.02)
    made = await world.settled(again.id)
    assert made.status == "available"
    assert all(step is not None and 0 <= step <= 1 for step in seen)
    with av.open(str(world.storage.path(again.id))) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (480, 640)
        assert (film.duration or 0) / 1e6 == pytest.approx(4.5, abs=0.2)  # from 0.5 s to where the take ends
    assert (await world.archives.get(source.id)).status == "available"


@pytest.mark.slow
async def test_cut_again_from_several_ranges_its_row_says_where_the_cuts_lie(world: World) -> None:
    source = await world.made(await world.archive(await world.take(two_people), 0, 4))
    again = await world.settled((await world.archives.recut(source.id, RecutOrder(ranges=((0, 1), (2.5, 3.5))))).id)
    plan = plan_of(again)
    assert (again.status, plan.laid, len(plan.ranges)) == ("available", True, 2)
    kept = sum(each.end - each.start for each in plan.ranges)
    assert again.duration_ms == pytest.approx(kept / 1000, abs=70)
    assert 1000 <= again.duration_ms <= 3000
    with av.open(str(world.storage.path(again.id))) as film:
        assert (film.duration or 0) / 1000 == pytest.approx(again.duration_ms, abs=70)
    timeline = json.loads(world.storage.path(again.id, ".timeline.json").read_bytes())
    assert timeline["end"] - timeline["start"] == pytest.approx(kept, abs=70_000)
    part = await world.archives.recut(again.id, RecutOrder(begin=0.5, end=1.5))
    assert len(plan_of(part).ranges) == 2, "of a film of several ranges, a part is of several"


async def test_a_recording_has_the_layout_it_was_asked_for(world: World) -> None:
    take_id = await world.take(two_people, stopped_at=None)
    await world.store.add(Room(name="demo", session_id="session", created_at=1))
    render = Render(
        id="render",
        room_name="demo",
        room_session_id="session",
        session_id="session",
        take_id=take_id,
        url="",
        callback_url="",
        resolution="1280x720",
        layout="bestFit",
        status="started",
        created_at=1,
        updated_at=1,
    )
    await world.store.add(render)
    archive = await world.archives.start(render)
    plan = plan_of(archive)
    assert (plan.width, plan.layout_at(START).type) == (1280, "bestFit")
    await world.archives.stop(archive.id, "user initiated", START + 2 * SECOND)
    await world.settled(archive.id)


async def test_what_cannot_be_cut_again(world: World) -> None:
    take = await world.take(two_people)
    done = await world.made(await world.archive(take, 1, 3))
    running = await world.archive(take, 1, None)
    with pytest.raises(NotFound):
        await world.archives.recut("nowhere", RecutOrder())
    with pytest.raises(Conflict, match="still recording"):
        await world.archives.recut(running.id, RecutOrder())
    for wish in (
        RecutOrder(layout="x"),
        RecutOrder(resolution="x"),
        RecutOrder(begin=2, end=2),
        RecutOrder(begin=50, end=60),
    ):
        with pytest.raises(BadRequest):
            await world.archives.recut(done.id, wish)
    await world.store.takes.mark_removed(take)
    with pytest.raises(Gone, match="only the film is left"):
        await world.archives.recut(done.id, RecutOrder())
    assert len(await world.archives.of_session("session")) == 2


async def test_a_failed_archive_is_cut_again(world: World) -> None:
    failed = await world.archive(await world.take(two_people), 0, None, status="failed")
    again = await world.settled((await world.archives.recut(failed.id, RecutOrder(end=2))).id)
    assert (again.status, again.duration_ms) == ("available", 2000)


@pytest.mark.parametrize("source", ["camera", "microphone"])
async def test_sound_or_picture_alone_makes_a_film(world: World, source: str) -> None:
    def alone(take: TakeMaker) -> None:
        take.joins(0, "ann")
        take.publishes(0, "ann", source, coloured(RED, 3) if source == "camera" else tone(440, 3))

    archive = await world.made(await world.archive(await world.take(alone), 0, 3))
    assert (archive.status, archive.duration_ms) == ("available", 3000)
    assert streams(world.storage.path(archive.id))[1] >= {"video", "audio"}


async def test_a_corrupt_track_costs_that_track_alone(world: World) -> None:
    def damaged(take: TakeMaker) -> None:
        two_people(take)
        for path in (take.folder / "tracks").glob("*-T1-*"):
            data = bytearray(path.read_bytes())
            data[len(data) // 2 : len(data) // 2 + 2000] = b"\xff\x00" * 1000
            path.write_bytes(data)
        for path in (take.folder / "tracks").glob("*-T2-*"):
            path.write_bytes(b"not Matroska at all" * 50)
        for path in (take.folder / "tracks").glob("*-T3-*"):
            path.write_bytes(b"")

    archive = await world.made(await world.archive(await world.take(damaged), 0, 5))
    assert (archive.status, archive.duration_ms) == ("available", 5000)


async def test_an_empty_take_makes_a_film_of_an_empty_room(world: World) -> None:
    archive = await world.made(await world.archive(await world.take(lambda take: None), 0, 2))
    assert (archive.status, archive.duration_ms) == ("available", 2000)
    with pytest.raises(Conflict, match="no track was ever received"):
        await world.archives.recut(archive.id, RecutOrder())


async def test_nothing_recorded_is_said_to_be_nothing(world: World) -> None:
    archive = await world.made(await world.archive(await world.take(two_people), 2, 2))
    assert (archive.status, archive.reason) == (
        "failed",
        "nothing to compose: the recording ended before it began",
    )


async def test_a_take_that_is_gone(world: World) -> None:
    take = await world.take(two_people)
    shutil.rmtree(world.archives.folder(take))
    archive = await world.made(await world.archive(take, 0, 2))
    assert (archive.status, archive.reason) == ("failed", "there is no recording to make a film of")
    assert not world.archives.folder(take).exists()


async def test_individual_tracks_are_kept_as_a_zip(world: World) -> None:
    def rejoined(take: TakeMaker) -> None:
        two_people(take)
        take.publishes(5.5, "ann", "screen_share", coloured(BLUE, 2))

    session = Session(id=new_session_id("123456", 1, "a" * 24), created_at=1)
    await world.store.add(session)
    take_id = await world.take(rejoined)
    archive = await world.archive(take_id, 1, 5, output_mode="individual", session_id=session.id)
    archive = await world.made(archive)
    assert (archive.status, archive.duration_ms) == ("available", 4000)
    path = world.storage.path(archive.id, TRACKS)
    assert archive.size == path.stat().st_size
    with zipfile.ZipFile(path) as packed:
        manifest = json.loads(packed.read(f"{archive.id}.json"))
        assert [name for name in manifest if name != "files"] == ["id", "name", "partnerId", "sessionId", "createdAt"]
        assert (manifest["partnerId"], manifest["createdAt"]) == (123456, 1_764_000_000_000)
        assert [entry["videoType"] for entry in manifest["files"]] == ["camera", None, "camera", None]  # no screen
        first = manifest["files"][0]
        assert (first["connectionData"], first["startTimeOffset"]) == ("Ann", -1000)
        assert first["stopTimeOffset"] == pytest.approx(4000, abs=2 * 1000 / FPS + 1000)
        for entry in manifest["files"]:
            original = world.archives.folder(archive.take_id) / "tracks" / entry["filename"]
            assert packed.read(entry["filename"]) == original.read_bytes()


async def test_individual_tracks_wait_for_the_stop(world: World) -> None:
    archive = await world.archive(await world.take(two_people, None), 0, None, output_mode="individual")
    world.archives.resume(archive)
    await asyncio.sleep(0.3)
    assert world.archives.made_here().get(archive.id, FilmNow()).progress is None
    await world.archives.stop(archive.id, "user initiated", START + 4 * SECOND)
    archive = await world.settled(archive.id)
    assert (archive.status, archive.reason, archive.duration_ms) == ("available", "user initiated", 4000)
    assert zipfile.is_zipfile(world.storage.path(archive.id, TRACKS))


async def test_tracks_are_not_waited_for_by_the_clock_of_a_machine_that_is_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reelroom.clock._Offset.us", 3600 * SECOND)
    archive = await world.archive(await world.take(two_people), 0, None, output_mode="individual")
    world.archives.resume(archive)
    await world.archives.stop(archive.id, "user initiated")
    assert (await world.settled(archive.id)).status == "available"


async def test_tracks_of_a_film_go_out_as_they_are_read(world: World) -> None:
    archive = await world.made(await world.archive(await world.take(two_people), 0, 5))
    packed = await world.archives.tracks(archive)
    chunks = list(zip_chunks(packed))
    assert len(chunks) > 4
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as file:
        assert file.testzip() is None
        assert len(file.namelist()) == 5
    for path, _ in packed.files:  # a file that grows meanwhile does not disturb
        with path.open("ab") as growing:
            growing.write(b"more")
    with zipfile.ZipFile(io.BytesIO(b"".join(zip_chunks(packed)))) as file:
        assert [file.getinfo(entry.filename).file_size for _, entry in packed.files] == [
            entry.size for _, entry in packed.files
        ]


def test_a_part_of_a_take_on_the_command_line(tmp_path: Path) -> None:
    take = TakeMaker(tmp_path / "take")
    two_people(take)
    take.write()
    film = tmp_path / "film.mp4"
    made = CliRunner().invoke(cli, ["compose", str(take.folder), "-o", str(film), "--from", "1", "--to", "2.5"])
    assert made.exit_code == 0, made.output
    assert streams(film)[0] == pytest.approx(1.5, abs=0.1)
    assert {path.name for path in tmp_path.glob("film.*")} == {"film.mp4", "film.timeline.json", "film.report.json"}
    for wrong in (
        ["--from", "3", "--to", "2"],
        ["--size", "1x1"],
        ["--from", "99", "--to", "100"],
        ["--layout", "x"],
    ):
        assert CliRunner().invoke(cli, ["compose", str(take.folder), "-o", str(film), *wrong]).exit_code == 1


def test_the_command_line_needs_a_data_directory(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["recut", "some-id", "--data-dir", str(tmp_path)])
    assert done.exit_code == 1
    assert "is no data directory" in done.output


def interrupted(take: TakeMaker) -> None:
    """Nobody records for three seconds, and Bob's microphone is of a codec that no take holds."""
    take.person(0, "ann", RED, 440, 2)
    take.joins(0, "bob")
    take.event(0, "track_published", participant="bob", track="TB", kind="audio", source="microphone", muted=False)
    take.event(2, "room_left", reason="the engine is gone")
    take.event(5, "take_opened", run=2, take=take.folder.name, version=3)
    take.event(5, "room_joined", session="1_MX4x")
    take.person(5, "ann", RED, 440, 5)
    take.joins(5, "bob")
    take.event(5, "track_published", participant="bob", track="TB", kind="audio", source="microphone", muted=False)


@pytest.mark.parametrize("mode", ["composed", "individual"])
async def test_what_is_missing_is_the_reason(world: World, mode: str) -> None:
    archive = await world.made(await world.archive(await world.take(interrupted), 0, 10, output_mode=mode))
    said = "user initiated; recording interrupted for 3 s at 0:02; Bob's microphone was not recorded"
    assert (archive.status, archive.reason) == ("available", said)


async def test_no_tracks_are_no_archive(world: World) -> None:
    archive = await world.archive(await world.take(lambda take: None), 0, 2, output_mode="individual")
    archive = await world.made(archive)
    assert (archive.status, archive.reason.partition(":")[0]) == ("failed", "nothing to keep")


async def test_a_deleted_archive_is_listed_no_more(world: World) -> None:
    archive = await world.made(await world.archive(await world.take(two_people), 0, 1))
    running = await world.archive(archive.take_id, 1, None)
    await world.archives.delete(archive.id)
    await world.archives.delete(archive.id)  # harmless again
    assert world.storage.has(archive.id)  # in the bin
    await world.archives.delete(archive.id, forever=True)
    assert (await world.archives.get(archive.id)).status == "deleted"
    assert not list(world.storage.folder.iterdir())
    assert [each.id for each in await world.archives.of_session("session")] == [running.id]
    with pytest.raises(Conflict, match="started cannot be deleted"):
        await world.archives.delete(running.id)
    with pytest.raises(NotFound):
        await world.archives.recut(archive.id, RecutOrder())


async def test_old_takes_go_and_films_stay(world: World) -> None:
    retention = Retention(world.settings, world.store, world.archives)
    old, young = now_ms() - 8 * DAY, now_ms() - 6 * DAY
    takes = {
        "old": await world.take(two_people, old),
        "young": await world.take(two_people, young),
        "running": await world.take(two_people, None),
        "unfinished": await world.take(two_people, old),
        "read": await world.take(two_people, old),
    }
    archive = await world.made(await world.archive(takes["old"], 0, 1))
    await world.archive(takes["unfinished"], 0, 1)
    with world.archives.using(takes["read"]):
        await retention.look()
    left = {path.name for path in (world.settings.data_dir / "takes").iterdir()}
    assert left == set(takes.values()) - {takes["old"]}
    assert world.storage.has(archive.id)
    with pytest.raises(Gone):
        await world.archives.recut(archive.id, RecutOrder())
    with pytest.raises(Gone):
        await world.archives.tracks(archive)
    await world.store.takes.mark_removed(takes["young"])  # a server that died between marking and removing
    await retention.look()
    assert not world.archives.folder(takes["young"]).exists()
