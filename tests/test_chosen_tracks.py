"""Which tracks an individual archive keeps: of sound or pictures alone, of streams while they are chosen."""

import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from reelroom.archives.answer import plan_of
from reelroom.archives.package import Manifest, package
from reelroom.cutting.plan import Plan
from reelroom.files.films import TRACKS
from reelroom.opentok.stream_ids import stream_id
from reelroom.store.values import Archive
from reelroom.takes.events import ChosenStream
from reelroom.takes.folder import Take
from tests.takes import BLUE, GREEN, RED, TakeMaker, at, coloured
from tests.test_archives import World, two_people

ANN, BOB = ChosenStream(stream_id="T1"), ChosenStream(stream_id="T3")
NOBODY = Plan().with_streams(0, ())


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Ann's camera and microphone are T1 and T2, Bob's T3 and T4; Ann shares a screen, T5, from 5 to 7 s."""
    maker = TakeMaker(tmp_path_factory.mktemp("chosen") / "take")
    maker.person(0, "ann", RED, 440, 8)
    maker.person(0, "bob", BLUE, 880, 8)
    screen = maker.publishes(5, "ann", "screen_share", coloured(GREEN, 2))
    file = f"tracks/{screen.name}"
    maker.event(7, "file_closed", file=file, ticks=180_000, frames=30, reason="unsubscribed")
    maker.event(7, "track_unpublished", participant="ann", track="T5")
    return maker.write()


def test_each_track_says_whose_it_is_by_the_token_or_else_by_name(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.person(0, "ann", RED, 440, 1)
    maker.event(0, "participant_joined", participant="bob", name="Bob", data='{"user": 7}')
    maker.publishes(0, "bob", "camera", coloured(BLUE, 1))
    label = Manifest("archive", "", "5f9c1e0a-0000-4000-8000-000000000000", "session", 1, at(0), at(1))
    content = json.loads(package(maker.write(), label, Plan()).manifest())
    assert {each["connectionData"] for each in content["files"]} == {"Ann", '{"user": 7}'}
    assert content["applicationId"] == label.project and "partnerId" not in content


def packed(take: Take, plan: Plan, begin: float = 0, end: float = 8) -> dict[str, tuple[int, int]]:
    """The offsets of each track that is kept, by the id in its file's name."""
    label = Manifest("archive", "", "7", "session", 1, at(begin), at(end))
    content = json.loads(package(take, label, plan).manifest())
    return {
        entry["filename"].split("-")[1]: (entry["startTimeOffset"], entry["stopTimeOffset"])
        for entry in content["files"]
    }


@pytest.mark.parametrize(
    ("plan", "tracks"),
    [
        (Plan(), {"T1", "T2", "T3", "T4", "T5"}),
        (Plan(has_video=False), {"T2", "T4"}),
        (Plan(has_audio=False), {"T1", "T3", "T5"}),
        (NOBODY, set()),
        (NOBODY.with_streams(at(1), [ANN]), {"T1", "T2"}),
        (NOBODY.with_streams(at(1), [ANN]).with_streams(at(2), [BOB]), {"T1", "T2", "T3", "T4"}),
        (NOBODY.with_streams(at(1), [ANN, BOB]).model_copy(update={"has_audio": False}), {"T1", "T3"}),
    ],
)
def test_the_tracks_that_are_asked_for_are_kept(take: Take, plan: Plan, tracks: set[str]) -> None:
    assert packed(take, plan).keys() == tracks


def test_a_camera_and_its_microphone_are_one_stream_a_screen_is_another(take: Take) -> None:
    content = json.loads(package(take, Manifest("archive", "", "7", "session", 1, at(0), at(8)), Plan()).manifest())
    streams = {entry["filename"].split("-")[1]: entry["streamId"] for entry in content["files"]}
    ann, bob, screen = stream_id("T1"), stream_id("T3"), stream_id("T5")
    assert streams == {"T1": ann, "T2": ann, "T3": bob, "T4": bob, "T5": screen}


def test_either_track_of_a_stream_names_it(take: Take) -> None:
    assert packed(take, NOBODY.with_streams(at(1), [ChosenStream(stream_id="T4")])).keys() == {"T3", "T4"}


def test_of_a_stream_sound_or_picture_alone_is_kept(take: Take) -> None:
    mute = ChosenStream(stream_id="T1", has_audio=False)
    unseen = ChosenStream(stream_id="T3", has_video=False)
    assert packed(take, NOBODY.with_streams(at(1), [mute, unseen])).keys() == {"T1", "T4"}
    again = NOBODY.with_streams(at(1), [mute]).with_streams(at(3), [ANN])
    assert packed(take, again).keys() == {"T1", "T2"}


def test_what_was_chosen_before_or_after_the_archive_does_not_count(take: Take) -> None:
    plan = NOBODY.with_streams(at(1), [ANN]).with_streams(at(2), [BOB]).with_streams(at(6), [ANN])
    assert packed(take, plan, 3, 5).keys() == {"T3", "T4"}
    assert packed(take, plan, 2, 6).keys() == {"T3", "T4"}
    assert packed(take, plan, 1.5, 5).keys() == {"T1", "T2", "T3", "T4"}


def test_a_stream_is_chosen_only_while_it_is_sent(take: Take) -> None:
    screen = ChosenStream(stream_id="T5")
    assert packed(take, NOBODY.with_streams(at(1), [screen])).keys() == {"T5"}
    assert packed(take, NOBODY.with_streams(at(1), [screen]).with_streams(at(4), ())) == {}
    assert packed(take, NOBODY.with_streams(at(7.5), [screen])) == {}


def test_a_file_is_whole_and_says_when_it_begins_and_ends(take: Take) -> None:
    plan = NOBODY.with_streams(at(4), [ANN, ChosenStream(stream_id="T5")]).with_streams(at(5.5), ())
    offsets = packed(take, plan, 2, 6)
    assert offsets["T1"][0] == -2000 and 4500 < offsets["T1"][1] <= 6000
    assert offsets["T5"] == (3000, 5000)


async def test_the_choice_survives_a_restart(tmp_path: Path) -> None:
    world = await World.open(tmp_path)
    take = await world.take(two_people, None)
    now = time.time_ns() // 1000
    fields: dict[str, Any] = {
        "id": "archive",
        "session_id": "session",
        "take_id": take,
        "name": "",
        "status": "started",
    }
    fields |= {"resolution": "640x480", "output_mode": "individual", "created_at": 1, "updated_at": 1}
    plan = NOBODY.model_copy(update={"has_video": False})
    await world.archives.begin(Archive(start_us=now, plan=plan.to_json(), **fields))
    at_now = time.time_ns() // 1000
    await world.archives.replan("archive", lambda known: known.with_streams(at_now, [BOB]))
    chosen_at = plan_of(await world.archives.get("archive"))
    await world.close()

    assert [step.streams for step in chosen_at.streams] == [(), (BOB,)] and not chosen_at.has_video
    shift = chosen_at.streams[-1].at - at(1)
    log = world.archives.folder(take) / "events.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    moved = [
        {**line, **{name: line[name] + shift for name in ("at", "arrived", "ntp") if name in line}} for line in lines
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in moved))

    world = await World.open(tmp_path)
    (left,) = await world.store.archives.in_states("started")
    world.archives.resume(left)
    await world.archives.stop("archive", "user initiated", chosen_at.streams[-1].at + 1000)
    assert (await world.settled("archive")).status == "available"
    with zipfile.ZipFile(world.storage.path("archive", TRACKS)) as packed_tracks:
        assert packed_tracks.namelist() == ["archive.json", "1-T4-1.mkv"]
    await world.close()


async def test_an_archive_without_anything_that_was_asked_for_fails(tmp_path: Path) -> None:
    world = await World.open(tmp_path)
    take = await world.take(two_people)
    archive = await world.archive(take, 0, 5, output_mode="individual", plan=NOBODY.to_json())
    made = await world.made(archive)
    assert made.status == "failed" and "nothing of what was asked for" in made.reason
    await world.close()
