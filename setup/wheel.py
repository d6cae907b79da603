"""What a wheel carries besides Python: the engine, the tap, the telephone and the page, where `make` has built them.

Hatchling calls it. An editable installation finds them in the checkout; a wheel that is built before them has none,
and its host names programs and page by environment variables, as before.
"""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROGRAMS = ("livekit-server", "tap", "sip")
# The programs are linked statically (CGO_ENABLED=0): any C library will do. Packages that we need ask for more.
LINUX = "manylinux_2_28"


class WheelParts(BuildHookInterface[Any]):
    """Puts the built parts into the wheel, and says for which machines it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel is made; `version` is `editable` or `standard`."""
        root = Path(self.root)
        programs = [root / ".build/bin" / name for name in PROGRAMS]
        page = root / "web/dist"
        if version == "editable" or not all(program.is_file() for program in programs):
            return
        if not (page / "index.html").is_file():
            return
        inside = "reelroom/parts"
        for program in programs:
            build_data["force_include"][str(program)] = f"{inside}/bin/{program.name}"
        build_data["force_include"][str(page)] = f"{inside}/page"
        build_data["force_include"][str(licences(root, programs))] = f"{inside}/LICENSES.txt"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{LINUX}_{platform.machine()}"


def licences(root: Path, programs: list[Path]) -> Path:
    """A file with the licence of each Go module that was linked into the programs."""
    modules: set[tuple[str, str]] = set()
    for program in programs:
        told = subprocess.run(["go", "version", "-m", program], check=True, capture_output=True, text=True).stdout
        lines = [line.split("\t")[1:] for line in told.splitlines() if line.startswith("\t")]
        modules |= {(line[1], line[2]) for line in lines if line[0] in {"dep", "=>", "mod"} and line[2] != "(devel)"}
    cache = Path(
        subprocess.run(["go", "env", "GOMODCACHE"], check=True, capture_output=True, text=True).stdout.strip()
    )
    texts = []
    for path, number in sorted(modules):
        folder = cache / f"{escaped(path)}@{escaped(number)}"
        found = sorted(
            file
            for pattern in ("LICEN[CS]E*", "COPYING*", "NOTICE*")
            for file in folder.glob(pattern)
            if file.is_file()
        )
        texts += [f"{'=' * 80}\n{path} {number}: {file.name}\n\n{file.read_text(errors='replace')}" for file in found]
    output = root / ".build/LICENSES.txt"
    beside = output.with_suffix(f".{os.getpid()}")
    beside.write_text(
        "What is linked into the programs beside this file, and under which licences.\n\n" + "\n".join(texts)
    )
    beside.replace(output)
    return output


def escaped(name: str) -> str:
    """A module's name as Go's cache writes it: capitals as `!` and the small letter."""
    return "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in name)
