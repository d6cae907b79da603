"""A release by one command: a version, a tag, a wheel, an SBOM and checksums; and it may be repeated."""

import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import release
from inventory import Part, go_parts, inventory, page_parts, python_parts
from release import PROGRAMS, Refused, changes_of, checked_version, with_heading, with_version

ROOT = Path(__file__).parents[1]
TODAY = datetime.date(2026, 5, 4)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("text", ["1", "1.2", "v1.2.3", "1.2.03", "1.2.3-rc1", "", "1.2.3;rm"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is no version"):
        checked_version(text)


def test_a_version_is_three_numbers() -> None:
    assert [checked_version(text) for text in ("0.1.0", "10.20.30", "1.0.0rc2")] == ["0.1.0", "10.20.30", "1.0.0rc2"]


def test_the_changelog_gets_a_date_and_keeps_what_was() -> None:
    changelog = "# Changelog\n\n## 0.2.0, not yet released\n\n- New.\n\n## 0.1.0, 2026-01-01\n\n- Old.\n"
    closed = with_heading(changelog, "0.3.0", TODAY)
    assert closed == changelog.replace("0.2.0, not yet released", "0.3.0, 2026-05-04")
    assert changes_of(closed, "0.3.0") == "- New."
    assert changes_of(closed, "0.1.0") == "- Old."


@pytest.mark.parametrize(
    "changelog", ["# Changelog\n", "## 0.2.0, not yet released\n\n## 0.1.0, 2026-01-01\n\n- Old.\n"]
)
def test_a_release_that_changes_nothing_is_refused(changelog: str) -> None:
    with pytest.raises(Refused, match=r"CHANGELOG\.md"):
        with_heading(changelog, "0.2.0", TODAY)


def test_each_place_that_names_the_version_is_known() -> None:
    for name, pattern, times in release._PLACES:
        text = (ROOT / name).read_text()
        assert "9.8.7" in with_version(text, pattern, times, "9.8.7", name), name
    with pytest.raises(Refused, match="0 times instead of 1"):
        with_version("nothing", "(a)b(c)", 1, "9.8.7", "file")


def test_parts_are_those_that_are_pinned() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    parts = python_parts(lock)
    assert len(parts) == len(re.findall(r"^[^#\s].*==", lock, re.MULTILINE))
    assert all(part.hashes for part in parts)
    told = (
        "bin/tap: go1.26.6\n\tpath\treelroom.dev/tap\n\tmod\treelroom.dev/tap\t(devel)\t\n"
        "\tdep\tgithub.com/at-wat/ebml-go\tv0.19.4\th1:x=\n\tdep\ta.org/b\tv1.0.0\n\t=>\tc.org/b\tv1.0.1\th1:y=\n"
    )
    assert [part.purl for part in go_parts(told)] == [
        "pkg:golang/stdlib@1.26.6",
        "pkg:golang/github.com/at-wat/ebml-go@v0.19.4",
        "pkg:golang/c.org/b@v1.0.1",
    ]
    page = {part.name for part in page_parts(json.loads((ROOT / "web/package-lock.json").read_text()))}
    assert {"react", "livekit-client"} <= page
    assert not page & {"eslint", "vite", "reelroom-web", ""}


def test_an_inventory_is_the_same_for_the_same_parts() -> None:
    parts = [Part("pkg:pypi/b@2", "b", "2", ("0" * 64,)), Part("pkg:pypi/a@1", "a", "1")]
    one = inventory("1.0.0", parts, "2026-05-04T00:00:00+00:00")
    assert one == inventory("1.0.0", [*reversed(parts), parts[0]], "2026-05-04T00:00:00+00:00")
    assert [each["name"] for each in one["components"]] == ["a", "b"]
    assert one["components"][1]["hashes"] == [{"alg": "SHA-256", "content": "0" * 64}]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the built parts, which git does not see."""
    root = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, root], check=True)
    for name, text in (("user.name", "A Maintainer"), ("user.email", "maintainer@example.org")):
        subprocess.run(["git", "config", name, text], cwd=root, check=True)
    for name in ("setup/release.py", "setup/inventory.py"):  # as they are now
        shutil.copy(ROOT / name, root / name)
    if subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True).stdout:
        subprocess.run(["git", "add", "setup"], cwd=root, check=True)
        subprocess.run(["git", "commit", "--quiet", "--message", "As it is"], cwd=root, check=True)
    (root / ".build").mkdir()
    (root / ".build/bin").symlink_to(ROOT / ".build/bin")
    (root / "web/dist").symlink_to(ROOT / "web/dist")
    with (root / ".git/info/exclude").open("a") as file:
        file.write("/web/dist\n")  # a link is no folder to .gitignore
    return root


@pytest.fixture
def run(clone: Path, tmp_path: Path) -> Run:
    """Makes a release in the clone, where no image can be made."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "go"):
        (tools / name).symlink_to(shutil.which(name) or name)

    def make(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(clone / "setup/release.py"), *arguments]
        environment = {**os.environ, "PATH": str(tools)}
        return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)

    return make


def told(root: Path, *command: str) -> str:
    return subprocess.run(["git", *command], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def state(root: Path) -> tuple[str, str, str]:
    return told(root, "rev-parse", "HEAD"), told(root, "status", "--porcelain"), told(root, "tag", "--list")


built = pytest.mark.skipif(
    not all((ROOT / ".build/bin" / name).is_file() for name in PROGRAMS) or not (ROOT / "web/dist").is_dir(),
    reason="the programs and the page are not built: `make setup`",
)


@pytest.mark.slow
@built
def test_a_dry_run_says_it_all_and_changes_nothing(clone: Path, run: Run) -> None:
    before = state(clone)
    done = run("9.8.7", "--dry-run")
    assert done.returncode == 0, done.stderr
    for word in ("version 9.8.7", "tag v9.8.7", "wheel", "no image: buildah", "SBOM", "checksums"):
        assert word in done.stdout, word
    assert state(clone) == before
    assert not (clone / "dist").exists()


@pytest.mark.slow
@built
def test_a_checkout_with_changes_is_refused(clone: Path, run: Run) -> None:
    (clone / "README.md").write_text("changed")
    (clone / "new.txt").write_text("new")
    before = state(clone)
    done = run("9.8.7")
    assert done.returncode == 1
    assert "not committed: README.md, new.txt" in done.stderr
    assert state(clone) == before


@pytest.mark.slow
@built
def test_a_release_has_all_its_files_and_may_be_repeated(clone: Path, run: Run) -> None:
    # An earlier run was interrupted after it had written one file.
    chart = clone / "deploy/helm/reelroom/Chart.yaml"
    chart.write_text(re.sub(r"ersion: 0\S+", "ersion: 9.8.7", chart.read_text()))
    done = run("9.8.7")
    assert done.returncode == 0, done.stderr
    head, dirty, tags = state(clone)
    assert (dirty, tags) == ("", "v9.8.7")
    assert told(clone, "rev-parse", "v9.8.7^{commit}") == head
    assert told(clone, "log", "-1", "--format=%s") == "Release 9.8.7"
    assert "## 9.8.7, 20" in (clone / "CHANGELOG.md").read_text()
    folder = clone / "dist/9.8.7"
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith("reelroom-9.8.7-py3-none-manylinux")
    with zipfile.ZipFile(wheel) as archive:
        assert {f"reelroom/parts/bin/{name}" for name in PROGRAMS} <= set(archive.namelist())
    (sbom,) = folder.glob("*.cdx.json")
    known = {part["purl"].partition("@")[0] for part in json.loads(sbom.read_text())["components"]}
    assert {"pkg:pypi/fastapi", "pkg:golang/github.com/livekit/livekit-server", "pkg:npm/react"} <= known
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = run("9.8.7")
    assert again.returncode == 0, again.stderr
    assert state(clone) == (head, "", "v9.8.7")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    wheel.unlink()
    assert run("9.8.7").returncode == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before, "the same commit, the same wheel"

    told(clone, "commit", "--allow-empty", "--message", "It goes on")
    late = run("9.8.7")
    assert late.returncode == 1
    assert "v9.8.7 is another commit" in late.stderr
