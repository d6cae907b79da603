"""The film file: from its first moment to its last, at every moment of its making."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.composer import faststart
from reelroom.composer import film as film_module
from reelroom.composer.boxes import box, moved
from reelroom.composer.film import Film
from reelroom.composer.film_format import FPS, steady_assembly
from reelroom.composer.pieces import Encoding
from reelroom.composer.reading import SAMPLE_RATE, Samples
from reelroom.composer.text_tracks import Chapter
from tests.e2e.films import watch

PER_PICTURE = SAMPLE_RATE // FPS
LOOK = Encoding(320, 180)


def noise(index: int, brightness: int) -> av.VideoFrame:
    """A picture of which an encoder can leave out nothing."""
    luma = np.random.default_rng(index).normal(brightness, 25, (180, 320)).clip(16, 235)
    planes = np.concatenate([luma, np.full((90, 320), 128)]).astype(np.uint8)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def beep(index: int, loud: bool) -> Samples:
    time = np.arange(index * PER_PICTURE, (index + 1) * PER_PICTURE) / SAMPLE_RATE
    wave = (0.3 * loud * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    return np.stack([wave, wave])


def shoot(film: Film, pictures: range) -> None:
    """Dark and silent in even seconds, bright and loud in odd ones."""
    for index in pictures:
        loud = index // FPS % 2 == 1
        film.picture(noise(index, 200 if loud else 50))
        film.sound(beep(index, loud))


def flash_and_beep(path: Path) -> tuple[float, float]:
    """When the first bright picture is seen, and when the first sound is heard."""
    film = watch(path)
    seen = next(time for time in film.times if film.colour_at(time)[1] > 120)
    return float(seen), float(np.argmax(np.abs(film.sound[0]) > 0.1)) / SAMPLE_RATE


def test_a_film_begins_at_0_with_picture_and_sound_together(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", LOOK) as film:
        shoot(film, range(60))
    watched = watch(tmp_path / "film.mp4")
    assert watched.times[0] == 0
    assert len(watched.times) == 60
    assert watched.seconds == pytest.approx(2, abs=0.001)
    seen, heard = flash_and_beep(tmp_path / "film.mp4")
    assert seen == pytest.approx(1, abs=0.001)
    assert heard == pytest.approx(1, abs=0.01)


def test_what_is_written_of_a_film_is_one_already_and_in_sync(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", LOOK) as film:
        shoot(film, range(270))
        shutil.copy(film.partial, tmp_path / "torn.mp4")
        shoot(film, range(270, 280))
    watched = watch(tmp_path / "torn.mp4")
    assert len(watched.times) > 4 * FPS
    assert watched.times[0] == 0
    seen, heard = flash_and_beep(tmp_path / "torn.mp4")
    assert seen == pytest.approx(1, abs=0.001)
    assert heard == pytest.approx(1, abs=0.01)


def test_a_film_that_fails_does_not_get_its_name(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the power went"), Film(tmp_path / "film.mp4", LOOK) as film:
        shoot(film, range(5))
        raise RuntimeError("the power went")
    assert not (tmp_path / "film.mp4").exists()


def test_sound_may_come_in_pieces_of_any_length(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", LOOK) as film:
        for index in range(30):
            film.picture(noise(index, 100))
        whole = np.concatenate([beep(index, True) for index in range(30)], axis=1)
        at = 0
        for size in (0, 1, 7, 1023, 1024, 1025, 5000, 0, 48_000):
            film.sound(whole[:, at : at + size])
            at += size
        assert film.samples == SAMPLE_RATE
    watched = watch(tmp_path / "film.mp4")
    assert watched.loudness(440, 0.05, 0.95) == pytest.approx(0.3, rel=0.1)
    assert abs(watched.sound.shape[1] - SAMPLE_RATE) < 1024


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Film(tmp_path / "absent/film.mp4", LOOK) as film:
        shoot(film, range(60))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error_and_leaves_no_film(tmp_path: Path) -> None:
    (tmp_path / "film.mp4.partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"), Film(tmp_path / "film.mp4", LOOK) as film:
        shoot(film, range(60))
    assert not (tmp_path / "film.mp4").exists()


def test_encoder_uses_the_code_that_always_gives_the_same() -> None:
    assert steady_assembly("flags\t\t: fpu avx2 avx512f avx512dq") == {"x264-params": "asm=AVX2"}
    assert steady_assembly("flags\t\t: fpu avx avx2") == steady_assembly("Features\t: fp asimd") == {}


def kinds(path: Path) -> list[tuple[str, int]]:
    """The boxes of a file, and where they begin."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append((data[at + 4 : at + 8].decode(), at))
        at += int.from_bytes(data[at : at + 4])
    assert at == len(data)
    return found


def packets(path: Path) -> list[tuple[str, int | None, int | None, bytes]]:
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type in ("video", "audio")]
        return [(p.stream.type, p.pts, p.dts, bytes(p)) for p in container.demux(streams) if p.size]


CHAPTERS = [
    Chapter(0, 400_000, "Ann"),
    Chapter(400_000, 1_500_000, "王小明 🎉"),
    Chapter(1_500_000, 2_000_000, "A" * 300),
]


@pytest.mark.parametrize("in_place", [True, False])
def test_a_films_index_comes_first_and_finds_the_same_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    """In place where the file system inserts blocks, else by a copy, as on one that cannot."""
    if not in_place:
        monkeypatch.setattr(faststart, "_insert", lambda path, size: False)
    with Film(tmp_path / "film.mp4", LOOK) as film:
        shoot(film, range(60))
        film.chapters(CHAPTERS)
        monkeypatch.setattr(
            film_module, "index_first", lambda path, chapters: shutil.copy(path, tmp_path / "last.mp4")
        )
    with_index_last = tmp_path / "last.mp4"
    assert [kind for kind, _ in kinds(with_index_last)] == ["ftyp", "free", "mdat", "moov"]
    first = tmp_path / "first.mp4"
    shutil.copy(with_index_last, first)
    faststart.index_first(first, CHAPTERS)
    assert [kind for kind, _ in kinds(first)] == ["ftyp", "moov", "mdat", "free", "mdat"]
    assert packets(first) == packets(with_index_last)
    faststart.index_first(first, CHAPTERS)
    assert packets(first) == packets(with_index_last), "once is enough"


def test_a_film_says_what_it_is(tmp_path: Path) -> None:
    about = {"title": "Weekly Standup ☕", "artist": "Reelroom", "creation_time": "2026-11-27T10:00:00Z"}
    with Film(tmp_path / "film.mp4", LOOK, about=about) as film:
        shoot(film, range(60))
        film.chapters(CHAPTERS)
    with av.open(str(tmp_path / "film.mp4")) as container:
        assert container.metadata["title"] == "Weekly Standup ☕"
        assert container.metadata["artist"] == "Reelroom"
        assert container.metadata["creation_time"].startswith("2026-11-27T10:00:00")
        listed = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert listed == [chapter.title for chapter in CHAPTERS]
    assert "moov" in [kind for kind, _ in kinds(tmp_path / "film.mp4")[:2]]


def test_players_that_know_no_lists_find_the_chapters_in_a_track(tmp_path: Path) -> None:
    """Read without FFmpeg's list (`chpl`), which is made another kind of box here."""
    with Film(tmp_path / "film.mp4", LOOK) as film:
        shoot(film, range(60))
        film.chapters(CHAPTERS)
    data = (tmp_path / "film.mp4").read_bytes()
    assert b"chpl" in data
    (tmp_path / "film.mp4").write_bytes(data.replace(b"chpl", b"free"))
    with av.open(str(tmp_path / "film.mp4")) as container:
        found = [(chapter["start"], chapter["end"], chapter["metadata"]["title"]) for chapter in container.chapters()]
    assert found == [(chapter.start // 1000, chapter.end // 1000, chapter.title) for chapter in CHAPTERS]


def test_a_film_of_sound_alone_has_its_index_first(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", None) as film:
        for index in range(60):
            film.sound(beep(index, True))
    assert [kind for kind, _ in kinds(tmp_path / "film.mp4")][:2] == ["ftyp", "moov"]
    assert watch(tmp_path / "film.mp4").loudness(440, 0.05, 1.9) == pytest.approx(0.3, rel=0.1)


def test_an_index_that_32_bits_do_not_reach_is_refused() -> None:
    table = box(b"stco", bytes(4), (1).to_bytes(4), (2**32 - 10).to_bytes(4))
    moov = box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", table)))))
    assert moved(moov, 9)[-4:] == (2**32 - 1).to_bytes(4)
    with pytest.raises(OverflowError):
        moved(moov, 10)
