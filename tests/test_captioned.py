"""Texts that a finished film is given: read by FFmpeg, with pictures and sound as they were."""

import shutil
import subprocess
from pathlib import Path

import av
import pytest

from reelroom.composer.captioned import NotCaptioned, captioned
from reelroom.composer.film import Film
from reelroom.composer.text_tracks import Captions, Chapter, Cue, Texts
from tests.captions import read
from tests.test_film import LOOK, beep, kinds, packets, shoot

S = 1_000_000
CUES = (Cue(S // 2, S, "Ann: Good morning,\neverybody."), Cue(S, 3 * S // 2, "王小明: 早 🎉"))
TEXTS = Texts([Chapter(0, S, "Ann: Good morning"), Chapter(S, 2 * S, "Ben" + "é" * 200)], Captions(CUES, "eng"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with chapters, whose texts are other ones."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with Film(path, LOOK, about={"title": "Standup"}) as made:
        shoot(made, range(60))
        made.chapters([Chapter(0, S, "Ann"), Chapter(S, 2 * S, "Ben")])
    return path


def test_a_finished_film_gets_captions_that_players_can_switch_on(film: Path, tmp_path: Path) -> None:
    captioned(film, tmp_path / "with.mp4", TEXTS)
    with av.open(str(tmp_path / "with.mp4")) as container:
        (stream,) = container.streams.subtitles
        assert (stream.codec_context.name, stream.metadata["language"]) == ("mov_text", "eng")
        assert not stream.disposition & stream.disposition.default
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == [
            chapter.title for chapter in TEXTS.chapters
        ]
        assert container.metadata["title"] == "Standup"
        assert sorted(each.type for each in container.streams) == ["audio", "data", "subtitle", "video"]
    assert read(tmp_path / "with.mp4") == [(cue.start / S, cue.end / S, cue.text) for cue in CUES]
    assert packets(tmp_path / "with.mp4") == packets(film)


def test_ffmpeg_itself_reads_them(film: Path, tmp_path: Path) -> None:
    captioned(film, tmp_path / "with.mp4", TEXTS)
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "with.mp4"), "-map", "0:s", "-f", "srt", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "00:00:00,500 --> 00:00:01,000" in done.stdout and "Ann: Good morning,\neverybody." in done.stdout
    whole = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "with.mp4"), "-f", "null", "-"]
    assert subprocess.run(whole, capture_output=True, text=True, check=True).stderr == ""


def test_players_that_know_no_lists_find_the_new_titles(film: Path, tmp_path: Path) -> None:
    captioned(film, tmp_path / "with.mp4", TEXTS)
    data = (tmp_path / "with.mp4").read_bytes()
    (tmp_path / "with.mp4").write_bytes(data.replace(b"chpl", b"free"))
    with av.open(str(tmp_path / "with.mp4")) as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == [
            chapter.title for chapter in TEXTS.chapters
        ]


def test_who_plays_the_film_finds_the_rest_of_it_where_it_was(film: Path, tmp_path: Path) -> None:
    captioned(film, tmp_path / "with.mp4", TEXTS)
    media = dict(kinds(film))["mdat"]
    assert dict(kinds(tmp_path / "with.mp4"))["mdat"] == media
    before, after = film.read_bytes(), (tmp_path / "with.mp4").read_bytes()
    assert len(before) == len(after) and before[media:] == after[media:]


def test_what_does_not_fit_moves_the_rest(film: Path, tmp_path: Path) -> None:
    many = tuple(Cue(n * 1000, (n + 1) * 1000, f"word {n} " * 3) for n in range(1900))
    captioned(film, tmp_path / "long.mp4", Texts(TEXTS.chapters, Captions(many)))
    assert packets(tmp_path / "long.mp4") == packets(film)
    assert len(read(tmp_path / "long.mp4")) == 1900


def test_texts_that_are_given_anew_are_not_there_twice(film: Path, tmp_path: Path) -> None:
    captioned(film, tmp_path / "once.mp4", Texts(TEXTS.chapters, Captions((Cue(0, S, "wrong"),), "deu")))
    captioned(tmp_path / "once.mp4", tmp_path / "twice.mp4", TEXTS)
    captioned(film, tmp_path / "at once.mp4", TEXTS)
    assert (tmp_path / "twice.mp4").read_bytes() == (tmp_path / "at once.mp4").read_bytes()
    captioned(tmp_path / "twice.mp4", tmp_path / "none.mp4", Texts())
    with av.open(str(tmp_path / "none.mp4")) as container:
        assert not container.chapters() and not container.streams.subtitles
    assert packets(tmp_path / "none.mp4") == packets(film)


def test_a_film_without_chapters_of_sound_alone_gets_both(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", None) as made:
        for index in range(60):
            made.sound(beep(index, True))
    captioned(tmp_path / "film.mp4", tmp_path / "with.mp4", TEXTS)
    assert len(read(tmp_path / "with.mp4")) == 2
    assert packets(tmp_path / "with.mp4") == packets(tmp_path / "film.mp4")


def test_what_is_no_film_is_refused(film: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.mp4"
    shutil.copy(film, torn)
    with torn.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(NotCaptioned):
        captioned(torn, tmp_path / "with.mp4", TEXTS)
