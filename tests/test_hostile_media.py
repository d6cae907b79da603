"""Media that brings a decoder down, spins in it, or asks it for memory: it spoils one tile, and no film."""

import json
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from reelroom.composer.decoding import Decoding, blamed, leave_out, named, undecodable
from reelroom.cutting.plan import LayoutChoice, Plan
from reelroom.takes.folder import Take
from tests.e2e.films import WatchedFilm, watch
from tests.matroska_files import Frame
from tests.takes import BLUE, RED, TakeMaker, at, coloured, spoken
from tests.test_archives import World, world

__all__ = ["world"]

POISON = b"a picture that no decoder survives"
# In every Python of the test: a packet that holds the poison is what a fault of libavcodec makes of it.
CRASHES = """
import os, signal
import reelroom.composer.reading as reading

class Fragile:
    def __getattr__(self, name):
        return getattr(av, name)

    def Packet(self, payload):
        if payload.endswith(%r):
            os.kill(os.getpid(), signal.SIGSEGV)
        return av.Packet(payload)

av, reading.av = reading.av, Fragile()
"""


def poisoned(frames: tuple[Frame, ...], index: int) -> tuple[Frame, ...]:
    return (*frames[:index], replace(frames[index], payload=frames[index].payload + POISON), *frames[index + 1 :])


def two_people(maker: TakeMaker, *, camera: bool = True) -> None:
    """Ann is red; Bob is blue, and his camera, or his microphone, becomes fatal after 2 s."""
    maker.person(0, "ann", RED, 440, 6)
    maker.joins(0, "bob")
    pictures, sound = coloured(BLUE, 6), spoken(1000, 6)
    maker.publishes(0, "bob", "camera", poisoned(pictures, 30) if camera else pictures)
    maker.publishes(0, "bob", "microphone", sound if camera else poisoned(sound, 100))


@pytest.fixture
def fragile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(CRASHES % POISON)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def side(film: WatchedFilm, second: float, right: bool) -> list[float]:
    """The mean colour of the upper middle of one half of the picture."""
    columns = slice(36, 60) if right else slice(4, 28)
    found: list[float] = film.pictures[int(second * 30)][10:15, columns].reshape(-1, 3).mean(axis=0).tolist()
    return found


PLAN = Plan(width=320, height=180).with_layout(0, LayoutChoice(type="bestFit"))


@pytest.mark.usefixtures("fragile")
async def test_a_camera_that_crashes_the_composer_is_a_card_in_a_whole_film(world: World) -> None:
    archive = await world.archive(await world.take(two_people), 0, 6, plan=PLAN.to_json())
    made = await world.made(archive)
    assert (made.status, made.duration_ms) == ("available", 6000)
    assert made.reason == "user initiated; Bob's camera could not be decoded and is left out"
    film = watch(world.storage.path(made.id, ".mp4"))
    for second in (1, 3, 5):
        red, card = side(film, second, right=False), side(film, second, right=True)
        assert red[0] > 150 and red[2] < 80
        assert max(card) < 120, "Bob's initials"
    assert film.loudness(1000, 1, 5) > 0.05, "Bob is heard"


def composed(take: Take, output: Path, *more: str) -> tuple[int, dict[str, object]]:
    plan = output.with_suffix(".plan.json")
    plan.parent.mkdir(exist_ok=True)
    plan.write_text(PLAN.to_json())
    command = [sys.executable, "-m", "reelroom.composer", "--take", str(take.folder), "--output", str(output)]
    command += ["--plan", str(plan), "--start", str(at(0)), "--end", str(at(6)), *more]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None  # its input stays open: at the end of that it would end, too
        lines = [json.loads(line) for line in child.stdout]
        code = child.wait(60)
    return code, next((line["report"] for line in lines if "report" in line), {})


@pytest.mark.slow
@pytest.mark.usefixtures("fragile")
def test_a_microphone_that_crashes_the_composer_is_silent(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    two_people(maker, camera=False)
    take, output = maker.write(), tmp_path / "take" / "films" / "film.mp4"
    assert composed(take, output)[0] == -signal.SIGSEGV
    code, report = composed(take, output, "--crashed")
    assert code == 0
    assert report["summary"] == "Bob's microphone could not be decoded and is left out"
    film = watch(output)
    assert film.loudness(440, 1, 5) > 0.05 > 0.01 > film.loudness(1000, 1, 5)
    assert side(film, 3, right=True)[2] > 150


@pytest.mark.slow
@pytest.mark.usefixtures("fragile")
def test_who_kills_a_composer_blames_nobody(tmp_path: Path) -> None:
    """It was not said that it crashed, so the film is tried with everything in it."""
    maker = TakeMaker(tmp_path / "take")
    two_people(maker)
    take, output = maker.write(), tmp_path / "take" / "films" / "film.mp4"
    assert composed(take, output)[0] == -signal.SIGSEGV
    assert blamed(output.with_suffix(".decoding")) == "tracks/1-T3-1.mkv"
    assert composed(take, output)[0] == -signal.SIGSEGV
    assert undecodable(output.parent) == frozenset()


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_decoder_that_spins_ends_the_process_as_a_crash_does(tmp_path: Path) -> None:
    note = tmp_path / "films" / "a.decoding"
    spins = """
        import hashlib, sys
        from pathlib import Path
        from reelroom.composer.decoding import Decoding, named
        decoding = Decoding(note=Path(sys.argv[1]))
        decoding.watch(most_cpu=0.3, every=0.05)
        for packet in range(100):  # many short ones are no harm
            decoding.begins(named("tracks/good.mkv"))
            hashlib.pbkdf2_hmac("sha256", b"", b"", 10_000)
            decoding.ended()
        decoding.begins(named("tracks/bad.mkv"))
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2_000_000_000)  # native code, which holds no lock
    """
    assert run(spins, str(note)).returncode == -signal.SIGABRT
    assert blamed(note) == "tracks/bad.mkv"


def test_a_picture_for_which_there_is_no_memory_is_as_good_as_lost(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    large = maker.publishes(0, "ann", "camera", coloured(RED, 0.2, 4096, 4096))
    decodes = """
        import sys
        from pathlib import Path
        from reelroom.composer.reading import VideoReader
        from reelroom.processes.inside import limit_memory
        reader = VideoReader(Path(sys.argv[1]), "vp8")
        reader.file.poll()
        data = next(line for line in open("/proc/self/status") if line.startswith("VmData"))
        limit_memory(int(data.split()[1]) * 1024 + (10 << 20))
        print(reader.picture_at(100), reader.errors > 0)
    """
    done = run(decodes, str(large))
    assert (done.returncode, done.stdout) == (0, "None True\n"), done.stderr


def test_what_is_left_out_is_written_down_for_these_decoders(tmp_path: Path) -> None:
    leave_out(tmp_path, "tracks/1-TR_b-1.mkv")
    leave_out(tmp_path, "tracks/1-TR_a-1.mkv")
    assert undecodable(tmp_path) == {"tracks/1-TR_a-1.mkv", "tracks/1-TR_b-1.mkv"}
    (written,) = tmp_path.glob("undecodable*")
    written.write_text(written.read_text().replace('"libavcodec": "', '"libavcodec": "1.'))
    assert undecodable(tmp_path) == frozenset(), "others may do better"
    written.write_text("[]")
    assert undecodable(tmp_path) == frozenset()


def test_a_note_is_empty_between_packets(tmp_path: Path) -> None:
    note = tmp_path / "films" / "a.decoding"
    decoding = Decoding(note=note)
    assert blamed(note) is None
    decoding.begins(named("tracks/long.mkv"))
    assert blamed(note) == "tracks/long.mkv"
    decoding.ended()
    assert blamed(note) is None
    decoding.begins(named("tracks/a.mkv"))
    assert blamed(note) == "tracks/a.mkv"
