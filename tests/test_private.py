"""What the server keeps is its owner's alone, also in a folder that was there before."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reelroom.cli.main import cli
from reelroom.files.private import keep_private


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


@pytest.mark.parametrize("before", [0o755, 0o777, 0o750, 0o701])
def test_a_folder_that_others_could_read_is_mended(tmp_path: Path, before: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(before)
    keep_private(folder)
    assert mode(folder) == "0o700"
    (folder / "film").write_text("")
    (folder / "takes").mkdir()
    assert (mode(folder / "film"), mode(folder / "takes")) == ("0o600", "0o700")


def test_a_folder_that_is_not_ours_to_mend_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)

    def not_ours(*_: object, **more: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", not_ours)
    with pytest.raises(PermissionError, match="chmod go="):
        keep_private(folder)


def test_a_projects_secret_is_in_no_file_that_others_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    made = CliRunner().invoke(cli, ["project", "create", "application", "--data-dir", str(folder)])
    assert made.exit_code == 0, made.output
    assert mode(folder) == "0o700"
    assert {each.name: mode(each) for each in folder.iterdir()} == {
        each.name: "0o600" for each in folder.iterdir() if each.is_file()
    }
