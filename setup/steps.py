"""One step of setting up: made once from the same inputs, logged, and made anew when it was interrupted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from machine import LEAST_UV, can_install, has_venv, is_debian_like, venv_packages, version_of
from show import Screen, Stop
from stamp import BEGUN, Stamp, digest


class Steps:
    """A checkout, what is built in it, and the tools that every step may call for."""

    def __init__(self, root: Path, screen: Screen) -> None:
        self.root = root
        self.build = root / ".build"
        self.screen = screen
        self.made = 0
        self.path: list[Path] = []  # folders with the tools that were brought here
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if name not in {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH"}
        } | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "npm_config_update_notifier": "false"}

    def step(
        self,
        name: str,
        what: str,
        inputs: str,
        outputs: Sequence[Path],
        make: Callable[[bool], None],
    ) -> None:
        """Makes `outputs` unless a finished step has made them from the same inputs.

        `make` is told whether to start from nothing, because the last try was interrupted.
        """
        stamp = Stamp(self.build / "stamps" / name)
        before = stamp.reads()
        if before == inputs and all(output.exists() for output in outputs):
            return
        stamp.begin()
        self.screen.start(name, what)
        try:
            make(before == BEGUN)
        except BaseException:
            self.screen.failed(name)
            raise
        stamp.finish(inputs)
        self.made += 1
        self.screen.done(name)

    def uv(self) -> Path:
        """uv: the machine's own, or one in .build/uv."""
        found = shutil.which("uv")
        if found and (version_of([found, "--version"]) or ()) >= LEAST_UV:
            return Path(found)
        home = self.build / "uv"
        python = base_python()
        lock = self.root / "setup/locks/uv.txt"

        def make(_: bool) -> None:
            if not has_venv(python):
                self.bring_venv(python)
            self.screen.run(
                "uv",
                [python, "-m", "venv", "--clear", home],
                folder=self.root,
                environment=self.environ,
                failure="Python could not make a virtual environment in .build/uv.",
            )
            self.screen.run(
                "uv",
                [
                    home / "bin/python",
                    "-m",
                    "pip",
                    "install",
                    "--require-hashes",
                    "--only-binary",
                    ":all:",
                    "-r",
                    lock,
                ],
                folder=self.root,
                environment=self.environ,
                failure="pip could not install uv: install uv yourself, so that 'uv --version' works here.",
                fetches="PyPI",
                append=True,
            )

        inputs = digest(lock, python, sys.version, root=self.root)
        self.step("uv", "installing uv", inputs, [home / "bin/uv"], make)
        return home / "bin/uv"

    def bring_venv(self, python: str) -> None:
        packages = venv_packages()
        names = " ".join(packages)
        if not can_install():
            raise Stop(
                f"{python} makes no virtual environments: run 'sudo apt-get install {names}', or install uv."
                if is_debian_like()
                else f"{python} makes no virtual environments (it has no ensurepip): install your system's "
                "package for Python's venv, or install uv."
            )
        self.apt_install("uv", packages)

    def bring(self, uv: Path, name: str, what: str, outputs: str, link: Callable[[Path], None] | None = None) -> Path:
        """The folder with the programs of a tool from PyPI, which lives in .build/<name>."""
        home = self.build / name
        lock = self.root / f"setup/locks/{name}.txt"

        def make(_: bool) -> None:
            python = home / "bin/python"
            commands: list[list[str | Path]] = [
                ["venv", "--clear", "--python", base_python(), home],
                ["pip", "sync", "--python", python, "--require-hashes", "--only-binary", ":all:", lock],
            ]
            for command in commands:
                self.screen.run(
                    name,
                    [uv, *command],
                    folder=self.root,
                    environment=self.environ,
                    failure=f"{what} is not on this machine and could not be installed: install it yourself.",
                    fetches="PyPI",
                    append=command[0] == "pip",
                )
            if link:
                link(home)

        inputs = digest(lock, sys.version, root=self.root)
        self.step(name, f"bringing {what}, which this machine lacks", inputs, [home / "bin/python"], make)
        folder = next(home.glob(outputs), None)
        if folder is None:
            raise Stop(f"{what} in .build/{name} is not where it should be: run 'make clean' and try again.")
        self.path.append(folder)
        return folder

    def apt_install(self, name: str, packages: Sequence[str]) -> None:
        options = ["-o", "DPkg::Lock::Timeout=120"]
        environment = self.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", *options, "update"],
            ["apt-get", *options, "install", "--yes", "--no-install-recommends", *packages],
        ):
            self.screen.run(
                name,
                command,
                folder=self.root,
                environment=environment,
                failure=f"apt-get could not install {' '.join(packages)}: do it yourself and run it again.",
                fetches="Debian's package archive",
                append="install" in command,
            )


def base_python() -> str:
    """This Python, outside of any virtual environment."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def dotted(version: Sequence[int]) -> str:
    return ".".join(str(number) for number in version)
