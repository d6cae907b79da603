"""A film taken up from a torn one, and one made side by side, are the film that is made at one go."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from reelroom.composer.__main__ import resume
from reelroom.composer.compose import Pace, compose
from reelroom.composer.pieces import Encoding, TornFilm, read_piece
from reelroom.composer.side_by_side import (
    PIECES,
    Task,
    code_digest,
    compose_side_by_side,
    find_speech,
    make_pieces,
    open_folder,
)
from reelroom.cutting.plan import Plan, Planned
from reelroom.takes.folder import Take
from tests.takes import BLUE, RED, SECOND, START, TakeMaker, changing, spoken

PLAN = Plan(width=160, height=90)
LOOK = Encoding.of(PLAN)
SECONDS = 70
END = START + SECONDS * SECOND


def in_turns(folder: Path, seconds: int, rate: int) -> Take:
    """Two people, whose pictures change every few seconds, `rate` a second, talk in turns."""
    maker = TakeMaker(folder)
    for who, colours, hertz, first in (("ann", (RED, BLUE), 440.0, 10), ("ben", (BLUE, RED), 1000.0, 0)):
        turns = tuple((float(at), at + 9.0) for at in range(first, seconds, 20))
        maker.joins(0, who)
        maker.publishes(0, who, "camera", changing(colours * 7, 5.0, 160, 90, rate))
        maker.publishes(0, who, "microphone", spoken(hertz, seconds, turns))
    return maker.write()


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Of 70 s: two pieces and a part."""
    return in_turns(tmp_path_factory.mktemp("takes") / "take", SECONDS, 15)


def contents(film: Path) -> dict[str, list[str]]:
    """The packets of each stream of a film: their times, size and a digest of their bytes."""
    found: dict[str, list[str]] = {}
    for kind in ("video", "audio"):
        with av.open(str(film)) as container:
            packets = container.demux(getattr(container.streams, kind)[0])
            found[kind] = [_told(packet) for packet in packets if packet.pts is not None]
    return found


def _told(packet: "av.Packet[av.VideoStream | av.AudioStream]") -> str:
    digest = hashlib.sha256(bytes(packet)).hexdigest()
    return f"{packet.pts} {packet.dts} {packet.is_keyframe} {packet.size} {digest}"


def assert_same(film: Path, other: Path) -> None:
    """Both have the same packets; says which do not agree."""
    ours, theirs = contents(film), contents(other)
    for kind, packets in ours.items():
        assert len(packets) == len(theirs[kind])
        apart = [number for number, pair in enumerate(zip(packets, theirs[kind], strict=True)) if len(set(pair)) > 1]
        assert not apart, f"{kind} {apart[:20]}: {packets[apart[0]]} / {theirs[kind][apart[0]]}"


@dataclass(frozen=True)
class Made:
    """A film that was made at one go, and what was on disk after so much (0 to 1) of it."""

    film: Path
    partial: dict[float, bytes]


@pytest.fixture(scope="module")
def made(take: Take, tmp_path_factory: pytest.TempPathFactory) -> Made:
    film = tmp_path_factory.mktemp("films") / "film.mp4"
    partial: dict[float, bytes] = {}

    def look(moment: int, _behind: int) -> None:
        for share in (0.3, 0.6, 0.97):
            if share not in partial and moment - START > share * SECONDS * SECOND:
                partial[share] = film.with_name("film.mp4.partial").read_bytes()[:-100]  # torn anywhere

    compose(take, film, Pace(SECOND, END), start=START, planned=Planned(PLAN), progress=look)
    return Made(film, partial)


@pytest.fixture(scope="module")
def at_one_go(made: Made) -> Path:
    return made.film


def taken_up(take: Take, film: Path, torn: bytes, most: int) -> int:
    """Make a film of one whose composer was killed; returns how many of at `most` so many pieces were whole."""
    film.with_name("film.mp4.partial").write_bytes(torn)
    left = resume(film, LOOK)
    assert left is not None
    assert 0 < left.pieces <= most  # the last fragment may not have reached the disk
    compose(take, film, Pace(SECOND, END), start=START, planned=Planned(PLAN), made=left.packets())
    return left.pieces


def test_a_film_that_was_torn_in_its_first_piece_is_made_anew(made: Made, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.with_name("film.mp4.partial").write_bytes(made.partial[0.3])
    assert resume(film, LOOK) is None


def test_torn_film_is_taken_up(take: Take, made: Made, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    taken_up(take, film, made.partial[0.6], most=1)
    assert_same(film, made.film)
    assert film.with_suffix(".timeline.json").read_bytes() == made.film.with_suffix(".timeline.json").read_bytes()


@pytest.mark.slow
def test_stills_of_a_film_that_was_taken_up_are_those_of_its_keyframes(
    take: Take, made: Made, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    taken_up(take, film, made.partial[0.97], most=2)
    assert_same(film, made.film)
    cues = [path.with_suffix(".thumbnails.vtt").read_text() for path in (film, made.film)]
    assert cues[0] == cues[1]
    strips = [
        np.asarray(Image.open(path.with_suffix(".thumbnails.jpg")).convert("RGB"), dtype=int)
        for path in (film, made.film)
    ]
    assert np.abs(strips[0] - strips[1]).mean() < 25  # keyframes are up to 2 s apart
    assert film.with_suffix(".poster.jpg").exists()


def test_nonsense_is_not_taken_up(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    assert resume(film, LOOK) is None
    film.with_name("film.mp4.partial").write_bytes(b"nonsense" * 1000)
    assert resume(film, LOOK) is None
    assert TornFilm(tmp_path / "absent", LOOK).pieces == 0


def test_film_made_side_by_side_is_the_same(take: Take, at_one_go: Path, tmp_path: Path) -> None:
    """Pieces of another film, which lie where its own are to be, are in the way of nobody."""
    film = tmp_path / "film.mp4"
    folder = film.with_name(film.name + PIECES)
    folder.mkdir()
    (folder / "task.json").write_text(Task(take=take.folder, start=START - 1, end=END, plan=PLAN).model_dump_json())
    (folder / "00000.piece").write_bytes(b"of another film")
    moments: list[int] = []
    report = compose_side_by_side(
        *(take, film), start=START, end=END, plan=PLAN, jobs=2, progress=lambda moment, _: moments.append(moment)
    )
    assert report.pictures == SECONDS * 30
    assert moments == sorted(moments)
    assert_same(film, at_one_go)
    assert not folder.exists()


@pytest.fixture(scope="module")
def second_piece(take: Take, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what the second of two processes makes of a film."""
    folder = tmp_path_factory.mktemp("pieces")
    task = Task(take=take.folder, start=START, end=END, plan=PLAN)
    find_speech(task, folder=folder)
    make_pieces(task, folder=folder, share=1, of=2)
    return folder


def test_pieces_that_other_code_has_made_are_made_anew(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two builds of one version may cut differently: a film is of one of them, here and on all machines."""
    task, folder = Task(take=take.folder, start=START, end=END, plan=PLAN), tmp_path / "pieces"
    open_folder(folder, task)
    (folder / "00000.piece").write_bytes(b"made")
    open_folder(folder, task)
    assert (folder / "00000.piece").exists()
    mark = task.mark
    monkeypatch.setattr("reelroom.composer.side_by_side.code_digest", lambda: "of another build")
    assert task.mark != mark
    open_folder(folder, task)
    assert not (folder / "00000.piece").exists()


def test_the_code_is_what_makes_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("takes", "layouts", "cutting", "composer", "api"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    monkeypatch.setattr("reelroom.composer.side_by_side.reelroom.__file__", str(tmp_path / "__init__.py"))
    digests = []
    for changed in ("api", "api", "layouts", "composer"):
        with (tmp_path / changed / "__init__.py").open("a") as file:
            file.write("# other\n")
        digests.append(code_digest.__wrapped__())
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.slow
def test_pieces_of_a_composer_that_was_killed_are_taken_over(
    take: Take, at_one_go: Path, second_piece: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    folder = film.with_name(film.name + PIECES)
    open_folder(folder, Task(take=take.folder, start=START, end=END, plan=PLAN))
    shutil.copytree(second_piece, folder, dirs_exist_ok=True)
    kept = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.piece")}
    seen: dict[str, int] = {}

    def look(_moment: int, _behind: int) -> None:
        seen.update({path.name: path.stat().st_mtime_ns for path in folder.glob("*.piece")})

    compose_side_by_side(take, film, start=START, end=END, plan=PLAN, jobs=2, progress=look)
    assert kept
    assert kept.items() <= seen.items()
    assert_same(film, at_one_go)


def test_a_share_is_every_so_manieth_piece(second_piece: Path) -> None:
    assert [path.name for path in second_piece.glob("*.piece")] == ["00001.piece"]
    assert len(list(read_piece(second_piece / "00001.piece", LOOK))) == LOOK.piece
