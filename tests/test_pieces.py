"""A film taken up from a torn one, and one made side by side, are the film that is made at one go."""

import hashlib
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from reelroom.composer.__main__ import resume
from reelroom.composer.compose import Pace, compose
from reelroom.composer.pieces import Encoding, TornFilm, read_piece
from reelroom.composer.side_by_side import PIECES, Task, compose_side_by_side, make_pieces
from reelroom.cutting.plan import Plan, Planned
from reelroom.takes.folder import Take
from tests.takes import BLUE, RED, SECOND, START, TakeMaker, changing, spoken

PLAN = Plan(width=160, height=90)
LOOK = Encoding.of(PLAN)
SECONDS = 70
END = START + SECONDS * SECOND


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Two people, whose pictures change every few seconds, talk in turns for 70 s: two pieces and a part."""
    maker = TakeMaker(tmp_path_factory.mktemp("takes") / "take")
    for who, colours, hertz, first in (("ann", (RED, BLUE), 440.0, 10), ("ben", (BLUE, RED), 1000.0, 0)):
        turns = tuple((float(at), at + 9.0) for at in range(first, SECONDS, 20))
        maker.joins(0, who)
        maker.publishes(0, who, "camera", changing(colours * 7, 5.0, 160, 90, 15))
        maker.publishes(0, who, "microphone", spoken(hertz, SECONDS, turns))
    return maker.write()


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


@pytest.fixture(scope="module")
def at_one_go(take: Take, tmp_path_factory: pytest.TempPathFactory) -> Path:
    film = tmp_path_factory.mktemp("films") / "film.mp4"
    compose(take, film, Pace(SECOND, END), start=START, planned=Planned(PLAN))
    return film


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_torn_film_is_taken_up(take: Take, at_one_go: Path, tmp_path: Path, share: float) -> None:
    film = tmp_path / "film.mp4"
    film.with_name("film.mp4.partial").write_bytes(_torn(take, tmp_path, share))
    torn = resume(film, LOOK)
    pieces = torn.pieces if torn else 0
    assert pieces <= {0.3: 0, 0.6: 1, 0.97: 2}[share]  # the last fragment may not have reached the disk
    assert pieces >= (share > 0.9)
    compose(
        *(take, film, Pace(SECOND, END)), start=START, planned=Planned(PLAN), made=torn.packets() if torn else None
    )
    assert_same(film, at_one_go)
    assert film.with_suffix(".timeline.json").read_bytes() == at_one_go.with_suffix(".timeline.json").read_bytes()


def _torn(take: Take, tmp_path: Path, share: float) -> bytes:
    """What a composer that was killed after that share of the film had on disk."""

    class Killed(BaseException):
        pass

    film = tmp_path / "killed.mp4"
    left = b""

    def die(moment: int, _behind: int) -> None:
        nonlocal left
        if moment - START > share * SECONDS * SECOND:
            left = film.with_name("killed.mp4.partial").read_bytes()
            raise Killed

    with pytest.raises(Killed):
        compose(take, film, Pace(SECOND, END), start=START, planned=Planned(PLAN), progress=die)
    return left[: len(left) - 100]


def test_nonsense_is_not_taken_up(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    assert resume(film, LOOK) is None
    film.with_name("film.mp4.partial").write_bytes(b"nonsense" * 1000)
    assert resume(film, LOOK) is None
    assert TornFilm(tmp_path / "absent", LOOK).pieces == 0


def test_film_made_side_by_side_is_the_same(take: Take, at_one_go: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    moments: list[int] = []
    report = compose_side_by_side(
        *(take, film), start=START, end=END, plan=PLAN, jobs=2, progress=lambda moment, _: moments.append(moment)
    )
    assert report.pictures == SECONDS * 30
    assert moments == sorted(moments)
    assert_same(film, at_one_go)
    assert not film.with_name(film.name + PIECES).exists()


def test_pieces_of_a_composer_that_was_killed_are_taken_over(take: Take, at_one_go: Path, tmp_path: Path) -> None:
    """Those of the same film: pieces of another one lie in the way of nobody."""
    film = tmp_path / "film.mp4"
    folder = film.with_name(film.name + PIECES)
    folder.mkdir()
    (folder / "task.json").write_text(Task(take=take.folder, start=START, end=END, plan=PLAN).model_dump_json())
    make_pieces(Task(take=take.folder, start=START, end=END, plan=PLAN), folder=folder, share=0, of=2)
    kept = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.piece")}
    seen: dict[str, int] = {}

    def look(_moment: int, _behind: int) -> None:
        seen.update({path.name: path.stat().st_mtime_ns for path in folder.glob("*.piece")})

    compose_side_by_side(take, film, start=START, end=END, plan=PLAN, jobs=2, progress=look)
    assert kept.items() <= seen.items()
    assert_same(film, at_one_go)
    folder.mkdir()
    (folder / "task.json").write_text(Task(take=take.folder, start=START - 1, end=END, plan=PLAN).model_dump_json())
    (folder / "00000.piece").write_bytes(b"of another film")
    compose_side_by_side(take, film, start=START, end=END, plan=PLAN, jobs=2)
    assert_same(film, at_one_go)


def test_a_share_is_every_so_manieth_piece(take: Take, tmp_path: Path) -> None:
    task = Task(take=take.folder, start=START, end=END, plan=PLAN)
    make_pieces(task, folder=tmp_path, share=1, of=2)
    assert [path.name for path in tmp_path.glob("*.piece")] == ["00001.piece"]
    assert len(list(read_piece(tmp_path / "00001.piece", LOOK))) == LOOK.piece


def test_stills_of_a_film_that_was_taken_up_are_those_of_its_keyframes(
    take: Take, at_one_go: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    made = TornFilm(at_one_go, LOOK).packets()
    compose(*(take, film, Pace(SECOND, END)), start=START, planned=Planned(PLAN), made=made)
    cues = [path.with_suffix(".thumbnails.vtt").read_text() for path in (film, at_one_go)]
    assert cues[0] == cues[1]
    strips = [
        np.asarray(Image.open(path.with_suffix(".thumbnails.jpg")).convert("RGB"), dtype=int)
        for path in (film, at_one_go)
    ]
    assert np.abs(strips[0] - strips[1]).mean() < 25  # keyframes are up to 2 s apart
    assert film.with_suffix(".poster.jpg").exists()
