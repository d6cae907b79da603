"""Which engine, tap and page are used."""

from pathlib import Path

import pytest

from reelroom.cli import binaries


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout, with nothing in the environment."""
    for variable in (binaries.ENGINE_VARIABLE, binaries.TAP_VARIABLE, binaries.PAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    root = tmp_path / "checkout"
    (root / "engine").mkdir(parents=True)
    (root / "engine/go.mod").touch()
    monkeypatch.setattr(binaries, "__file__", str(root / "src/reelroom/cli/binaries.py"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return root


def test_nothing_is_there(checkout: Path) -> None:
    assert (binaries.engine_binary(), binaries.tap_binary(), binaries.page_dir()) == (None, None, None)


def test_the_checkout_has_what_make_built(checkout: Path) -> None:
    engine = program(checkout / ".build/bin/livekit-server")
    tap = program(checkout / ".build/bin/tap")
    (checkout / "web/dist").mkdir(parents=True)
    (checkout / "web/dist/index.html").touch()
    assert (binaries.engine_binary(), binaries.tap_binary()) == (engine, tap)
    assert binaries.page_dir() == checkout / "web/dist"


def test_an_unfinished_page_is_none(checkout: Path) -> None:
    (checkout / "web/dist").mkdir(parents=True)
    assert binaries.page_dir() is None


def test_a_wheel_carries_its_parts(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "engine/go.mod").unlink()  # installed by pip: there is no checkout around the package
    carried = tmp_path / "site-packages/reelroom/parts"
    monkeypatch.setattr(binaries, "_CARRIED", carried)
    program(tmp_path / "path/livekit-server")
    engine, tap = program(carried / "bin/livekit-server"), program(carried / "bin/tap")
    (carried / "page").mkdir()
    (carried / "page/index.html").touch()
    assert (binaries.engine_binary(), binaries.tap_binary()) == (engine, tap)
    assert binaries.page_dir() == carried / "page"


def test_the_path_comes_last(checkout: Path, tmp_path: Path) -> None:
    in_path = program(tmp_path / "path/livekit-server")
    program(tmp_path / "path/tap")
    assert binaries.engine_binary() == in_path
    assert binaries.tap_binary() is None
    built = program(checkout / ".build/bin/livekit-server")
    assert binaries.engine_binary() == built


def test_the_environment_comes_first_and_is_final(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(checkout / ".build/bin/livekit-server")
    named = program(tmp_path / "named")
    monkeypatch.setenv(binaries.ENGINE_VARIABLE, str(named))
    assert binaries.engine_binary() == named
    named.chmod(0o644)
    assert binaries.engine_binary() is None


def test_a_wheel_has_no_checkout(checkout: Path) -> None:
    program(checkout / ".build/bin/tap")
    (checkout / "engine/go.mod").unlink()
    assert binaries.tap_binary() is None
