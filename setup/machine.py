"""The machine: which tools it has, and in which versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

Version = tuple[int, ...]

LEAST_UV: Version = (0, 7)
LEAST_PYTHON: Version = (3, 11)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOXES = ("firefox-esr", "firefox")

# What the tests call, each with the Debian package that has it.
TEST_TOOLS = (
    (CHROMIUMS, "chromium"),
    (("espeak-ng",), "espeak-ng"),
    (("ffmpeg",), "ffmpeg"),
    (FIREFOXES, "firefox-esr"),
    (("pulseaudio",), "pulseaudio"),
    (("faketime",), "faketime"),
    (("ip",), "iproute2"),
    (("sipp",), "sip-tester"),
    (("baresip",), "baresip-core"),
    (("caddy",), "caddy"),
    (("nginx",), "nginx"),
    (("initdb", *(f"/usr/lib/postgresql/{version}/bin/initdb" for version in range(13, 30))), "postgresql"),
    (("/usr/lib/nginx/modules/ngx_rtmp_module.so",), "libnginx-mod-rtmp"),
)
BENCH_TOOLS = (
    *TEST_TOOLS,
    (("Xvfb",), "xvfb"),
    (("wrk",), "wrk"),
    (("/usr/share/pocketsphinx/test/data/librivox/transcription",), "pocketsphinx-testdata"),
)


def version_in(text: str) -> Version | None:
    """The first version number in what a tool prints about itself."""
    found = re.search(r"(\d+(?:\.\d+)+)", text)
    return tuple(int(number) for number in found[1].split(".")) if found else None


def answer(command: list[str], environment: Mapping[str, str] | None = None) -> str | None:
    """What a command prints, or None when it is missing or fails (as the shims of version managers do)."""
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            env=None if environment is None else dict(environment),
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def version_of(command: list[str], environment: Mapping[str, str] | None = None) -> Version | None:
    said = answer(command, environment)
    return version_in(said) if said else None


def go_needed(*modules: Path) -> Version:
    """The newest Go that a `go` line of these go.mod files asks for."""
    found = (re.search(r"(?m)^go (\S+)", module.read_text()) for module in modules if module.is_file())
    return max((version for line in found if line and (version := version_in(line[1]))), default=(1, 26))


def go_is_enough(version: Version | None, needed: Version) -> bool:
    return version is not None and version >= needed


def node_is_enough(version: Version | None) -> bool:
    """What Vite 8 runs on: ^20.19.0 || >=22.12.0."""
    if version is None:
        return False
    return version >= (22, 12) or (20, 19) <= version < (21,)


def has_venv(python: str) -> bool:
    """Whether this Python makes virtual environments with pip; Debian has that in a package of its own."""
    return answer([python, "-c", "import ensurepip, venv"]) is not None


def venv_packages() -> list[str]:
    """Debian's package with `ensurepip` for the Python that runs this."""
    own = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return [own] if sys.executable.startswith("/usr/bin/") else ["python3-venv"]


def can_install() -> bool:
    """Whether Debian's packages can be installed without asking anybody."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def is_debian_like() -> bool:
    return shutil.which("apt-get") is not None


def missing_tools(tools: Sequence[tuple[Sequence[str], str]]) -> list[str]:
    """Debian's names of the packages, of those, whose programs (or files, named by their path) are not here."""
    # `ip` and `nginx` are in folders that most people don't have in their PATH.
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"

    def is_here(name: str) -> bool:
        return Path(name).is_file() if name.startswith("/") else shutil.which(name, path=path) is not None

    return [package for names, package in tools if not any(map(is_here, names))]
