"""The locks: every package that is installed, pinned with its hash."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

from machine import (
    LEAST_PYTHON,
)
from show import Stop
from stamp import digest
from steps import Steps, dotted

LOCKS = {  # each lock, and the groups of pyproject.toml that it pins
    "requirements.lock": ["build"],
    "requirements-dev.lock": ["build", "dev"],
    "setup/locks/uv.txt": ["uv"],
    "setup/locks/go.txt": ["go"],
    "setup/locks/node.txt": ["node"],
}
WITH_DEPENDENCIES = ("requirements.lock", "requirements-dev.lock")


class Locks(Steps):
    """Makes them anew, and knows when they are stale."""

    def check_locks(self) -> None:
        """Raises Stop when pyproject.toml asks for something else than a lock was made from."""
        for name, groups in LOCKS.items():
            lock = self.root / name
            if not lock.is_file() or self.lock_header(name, groups) not in lock.read_text().splitlines():
                raise Stop(f"pyproject.toml has changed what it asks for since {name} was made: run 'make lock'.")

    def lock_header(self, name: str, groups: Sequence[str]) -> str:
        project = tomllib.loads((self.root / "pyproject.toml").read_text())
        asks = {group: project["dependency-groups"][group] for group in groups}
        if name in WITH_DEPENDENCIES:
            asks["project"] = [project["project"]["requires-python"], *project["project"]["dependencies"]]
        made_from = digest(json.dumps(asks, sort_keys=True), root=self.root)[:16]
        return f"# Made by `make lock` from pyproject.toml, {made_from}"

    def lock(self, arguments: Sequence[str]) -> None:
        """Makes the locks anew: the versions in them stay where they can, unless uv is told to --upgrade."""
        uv = self.uv_for_locking()
        for name, groups in LOCKS.items():
            lock = self.root / name
            beside = self.build / "lock" / lock.name
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.unlink(missing_ok=True)
            if lock.is_file():
                shutil.copyfile(lock, beside)
            command: list[str | Path] = [uv, "pip", "compile", "--quiet"]
            if name in WITH_DEPENDENCIES:
                command.append("pyproject.toml")
            if name == "requirements-dev.lock":
                command += ["--constraints", "requirements.lock"]
            for group in groups:
                command += ["--group", group]
            command += ["--universal", "--python-version", dotted(LEAST_PYTHON), "--generate-hashes"]
            command += ["--no-emit-index-url", "--no-header", *arguments, "--output-file", beside]
            self.screen.start("lock", f"pinning {name}")
            self.screen.run(
                "lock",
                command,
                folder=self.root,
                environment=self.environ,
                failure="uv found no set of versions that fits what pyproject.toml asks for.",
                fetches="PyPI",
            )
            pins = "".join(line for line in beside.read_text().splitlines(keepends=True) if not line.startswith("#"))
            if "://" in pins:
                raise Stop(f"{name} would name an address, and locks may not: look at pyproject.toml's dependencies.")
            lock.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(f"{self.lock_header(name, groups)}\n{pins}")
            beside.replace(lock)
            self.screen.done("lock")

    def uv_for_locking(self) -> Path:
        """uv, also in a checkout that has no lock for it: then the machine must have its own."""
        found = shutil.which("uv")
        if found is None and not (self.root / "setup/locks/uv.txt").is_file():
            raise Stop("There is no setup/locks/uv.txt to install uv from: install uv yourself and run it again.")
        return self.uv()
