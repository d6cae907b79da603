"""Logs are kept to a size while somebody writes them."""

import subprocess
from pathlib import Path

from reelroom.files.rotation import logs_of, rotate
from tests.disks import fill, small_disk


def test_a_log_that_is_written_goes_on_in_the_same_file(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    with (
        log.open("ab") as file,
        subprocess.Popen(
            ["sh", "-c", "while read -r line; do echo $line >&2; done"], stdin=subprocess.PIPE, stderr=file, text=True
        ) as writer,
    ):
        assert writer.stdin is not None
        writer.stdin.write("one\n" * 1000)
        writer.stdin.flush()
        while log.stat().st_size < 4000:
            pass
        assert rotate(log, 3999)
        writer.stdin.write("two\n")
        writer.stdin.close()
    assert log.read_bytes() == b"two\n"
    assert (tmp_path / "engine.log.1").read_text() == "one\n" * 1000


def test_a_log_of_the_right_size_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 100)
    assert not rotate(tmp_path / "log", 100)
    assert not rotate(tmp_path / "nowhere", 100)
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_where_there_is_no_room_for_the_old_one_it_goes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2) as disk:
        (disk / "log").write_bytes(b"x" * 1_500_000)
        fill(disk)
        assert rotate(disk / "log", 1_000_000)
        assert (disk / "log").stat().st_size == 0
        assert not (disk / "log.1").exists()


def test_all_logs_of_a_data_directory(tmp_path: Path) -> None:
    for name in ("logs/engine.log", "logs/engine.log.1", "takes/a/tap.log", "takes/a/events.jsonl", "reelroom.db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [each.name for each in logs_of(tmp_path)] == ["engine.log", "tap.log"]
