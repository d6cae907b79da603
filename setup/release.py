#!/usr/bin/env python3
"""Makes a release, `make release VERSION=1.2.3`: version, changelog, tag, wheel, image, SBOM and checksums.

What is done already is not done again, so that whoever was interrupted runs it again. Nothing leaves this machine:
the last thing it says is what to push. With `--dry-run` it says what it would do, and changes nothing.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import inventory

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("livekit-server", "tap", "sip")
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}((a|b|rc)\d+)?")
_OPEN = re.compile(r"^## (?P<version>\S+), not yet released$", re.MULTILINE)

# Where the version is written, and how; each is to be found as often as it says.
_PLACES = (
    ("pyproject.toml", r'(?m)^(version = ")[^"]+(")', 1),
    ("web/package.json", r'(?m)^(  "version": ")[^"]+(")', 1),
    ("web/package-lock.json", r'("name": "reelroom-web",\s+"version": ")[^"]+(")', 2),
    ("web/opentok-compat/package/package.json", r'(?m)^(  "version": ")[^"]+(")', 1),
    ("web/openapi.json", r'("title": "Reelroom",.*?"version": ")[^"]+(")', 1),
    ("deploy/helm/reelroom/Chart.yaml", r"(?m)^((?:appV|v)ersion: )\S+()", 2),
)


class Refused(Exception):
    """No release is made; the message says why."""


def checked_version(text: str) -> str:
    """Raises Refused."""
    if not _VERSION.fullmatch(text):
        raise Refused(f"{text!r} is no version: it is three numbers, such as 1.2.3, or 1.2.3rc1")
    return text


def with_version(text: str, pattern: str, times: int, version: str, name: str) -> str:
    """A file that names this version. Raises Refused."""
    changed, found = re.subn(pattern, lambda match: f"{match[1]}{version}{match[2]}", text, flags=re.DOTALL)
    if found != times:
        raise Refused(f"{name} names its version {found} times instead of {times}: setup/release.py is to follow it")
    return changed


def with_heading(changelog: str, version: str, today: datetime.date) -> str:
    """A changelog whose newest changes are those of this version. Raises Refused."""
    if (heading := _OPEN.search(changelog)) is None:
        raise Refused("CHANGELOG.md has nothing that is not yet released (`## 1.2.3, not yet released`)")
    closed = f"{changelog[: heading.start()]}## {version}, {today.isoformat()}{changelog[heading.end() :]}"
    if not changes_of(closed, version):
        raise Refused("CHANGELOG.md says of no change: what does who hosts a server gain?")
    return closed


def changes_of(changelog: str, version: str) -> str:
    """What it says of a version, without its heading; "" where nothing."""
    section = re.search(rf"^## {re.escape(version)}, [^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return section[1].strip() if section else ""


class Release:
    """One of them: `root` is a checkout, `folder` is where its files come."""

    def __init__(self, root: Path, version: str, today: datetime.date, *, dry: bool = False) -> None:
        self._root = root
        self.version = checked_version(version)
        self._today = today
        self._dry = dry
        self.folder = root / "dist" / version

    def make(self) -> None:
        """All of it. Raises Refused, CalledProcessError, OSError."""
        self.name()
        wheel = self._wheel()
        self._image()
        self._texts(wheel)
        self._checksums()
        self._say(f"To publish it: git push origin HEAD v{self.version}, and the files in {self.folder}")

    def name(self) -> None:
        """The version is written everywhere, committed and tagged; or it was before."""
        tag = f"v{self.version}"
        head = self._git("rev-parse", "HEAD")
        tagged = self._git("tag", "--list", tag) and self._git("rev-parse", f"{tag}^{{commit}}")
        if tagged and tagged != head:
            raise Refused(f"{tag} is another commit: check it out to make its files, or name another version")
        dirty = self._dirty()
        if self._is_named():
            if dirty:
                raise Refused(f"The checkout has changes that are not committed: {', '.join(sorted(dirty))}")
        else:
            wanted = self._wanted()
            left = {name for name in dirty if wanted.get(name) != (self._root / name).read_bytes()}
            if left:  # what an earlier run wrote, and was interrupted, is as it is to be
                raise Refused(f"The checkout has changes that are not committed: {', '.join(sorted(left))}")
            self._say(f"version {self.version} in {', '.join(wanted)}")
            if not self._dry:
                for name, text in wanted.items():
                    (self._root / name).write_bytes(text)
                self._git("commit", "--quiet", "--message", f"Release {self.version}", "--", *wanted)
        if not tagged:
            self._say(f"tag {tag}")
            if not self._dry:
                self._git("tag", "--annotate", tag, "--message", f"Reelroom {self.version}")

    def _is_named(self) -> bool:
        """Whether this commit is of this version, and says so."""
        return (
            f'\nversion = "{self.version}"\n' in self._committed("pyproject.toml")
            and bool(changes_of(self._committed("CHANGELOG.md"), self.version))
            and not re.search(
                rf"^## {re.escape(self.version)}, not yet", self._committed("CHANGELOG.md"), re.MULTILINE
            )
        )

    def _wanted(self) -> Mapping[str, bytes]:
        """The files that name the version, as they are to be."""
        wanted = {"CHANGELOG.md": with_heading(self._committed("CHANGELOG.md"), self.version, self._today)}
        for name, pattern, times in _PLACES:
            wanted[name] = with_version(self._committed(name), pattern, times, self.version, name)
        return {name: text.encode() for name, text in wanted.items() if text != self._committed(name)}

    def _wheel(self) -> Path:
        found = sorted(self.folder.glob(f"reelroom-{self.version}-*.whl"))
        if found:
            return found[0]
        programs = [self._root / ".build/bin" / name for name in PROGRAMS]
        missing = [path.name for path in programs if not path.is_file()]
        if missing or not (self._root / "web/dist/index.html").is_file():
            raise Refused(f"Not built: {', '.join(missing) or 'the page'} (`make setup`)")
        self._say("wheel")
        if self._dry:
            return self.folder / f"reelroom-{self.version}.whl"
        made = self.folder / "made"
        shutil.rmtree(made, ignore_errors=True)
        # The same commit gives the same file.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": self._git("show", "--no-patch", "--format=%ct", "HEAD")}
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
        subprocess.run(command, cwd=self._root, env=environment, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = made.glob(f"reelroom-{self.version}-*.whl")
        wheel.replace(self.folder / wheel.name)
        made.rmdir()
        return self.folder / wheel.name

    def _image(self) -> None:
        image = self.folder / f"reelroom-{self.version}.oci.tar"
        if image.is_file():
            return
        if shutil.which("buildah") is None:
            self._say("no image: buildah is missing here (Debian: apt-get install buildah)")
            return
        self._say("image")
        if not self._dry:
            name, partial = f"localhost/reelroom:{self.version}", image.with_name(image.name + ".partial")
            partial.unlink(missing_ok=True)
            self._run("buildah", "build", "-f", "deploy/Containerfile", "-t", name, ".")
            self._run("buildah", "push", name, f"oci-archive:{partial}:reelroom:{self.version}")
            partial.replace(image)

    def _texts(self, wheel: Path) -> None:
        self._say("SBOM, and what is new")
        if not self._dry:
            made_at = self._git("show", "--no-patch", "--format=%cI", "HEAD")
            programs = [self._root / ".build/bin" / name for name in PROGRAMS]
            sbom = inventory.of_checkout(self._root, self.version, programs, made_at)
            (self.folder / f"{wheel.stem}.cdx.json").write_text(sbom)
            changes = changes_of(self._committed("CHANGELOG.md"), self.version)
            (self.folder / "CHANGES.md").write_text(f"{changes}\n")

    def _checksums(self) -> None:
        self._say("checksums")
        if not self._dry:
            files = sorted(path for path in self.folder.iterdir() if path.is_file() and path.name != "SHA256SUMS")
            lines = [f"{_sha256(path)}  {path.name}\n" for path in files if path.suffix != ".partial"]
            (self.folder / "SHA256SUMS").write_text("".join(lines))

    def _dirty(self) -> set[str]:
        told = self._git("status", "--porcelain", "--untracked-files=all", strip=False)
        return {line[3:] for line in told.splitlines()}

    def _committed(self, name: str) -> str:
        return self._git("show", f"HEAD:{name}", strip=False)

    def _git(self, *command: str, strip: bool = True) -> str:
        done = subprocess.run(["git", *command], cwd=self._root, check=True, capture_output=True, text=True)
        return done.stdout.strip() if strip else done.stdout

    def _run(self, *command: str) -> None:
        subprocess.run(command, cwd=self._root, check=True)

    def _say(self, what: str) -> None:
        print(f"{'would make: ' if self._dry and not what.startswith('To ') else ''}{what}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description="Make a release.")
    parser.add_argument("version")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--only-name", action="store_true", help="version and tag alone: what is built has them, too")
    given = parser.parse_args(arguments)
    today = datetime.datetime.now(datetime.UTC).date()
    try:
        release = Release(ROOT, given.version, today, dry=given.dry_run)
        release.name() if given.only_name else release.make()
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"{error}\n{error.stderr or ''}".strip(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
