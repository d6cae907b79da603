"""What a release is made of, as an SBOM (CycloneDX 1.5): Python's packages, Go's modules, the page's packages."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")


@dataclass(frozen=True, order=True)
class Part:
    """One of them: `purl` is its package URL; `hashes` are SHA-256 of the files that it may have come in."""

    purl: str
    name: str
    version: str
    hashes: tuple[str, ...] = field(default=())


def python_parts(lock: str) -> Sequence[Part]:
    """What a lock of Python packages pins."""
    found: list[Part] = []
    for line in lock.splitlines():
        if pinned := _PINNED.match(line):
            name, version = pinned["name"], pinned["version"]
            found.append(Part(f"pkg:pypi/{name.lower().replace('_', '-')}@{version}", name, version))
        if found and (hashed := _HASH.search(line)):
            last = found[-1]
            found[-1] = Part(last.purl, last.name, last.version, (*last.hashes, hashed["digest"]))
    return found


def go_parts(told: str) -> Sequence[Part]:
    """What `go version -m` says was linked into a program, and what Go it was built by."""
    found = []
    if toolchain := re.search(r": go(\d[\d.]*)", told):
        found.append(Part(f"pkg:golang/stdlib@{toolchain[1]}", "stdlib", toolchain[1]))
    lines = [line.split("\t")[1:] for line in told.splitlines() if line.startswith("\t")]
    for number, line in enumerate(lines):
        replaced = number + 1 < len(lines) and lines[number + 1][0] == "=>"
        if line[0] in {"dep", "mod", "=>"} and not replaced and line[2] != "(devel)":
            found.append(Part(f"pkg:golang/{quote(line[1], safe='/.')}@{quote(line[2])}", line[1], line[2]))
    return found


def page_parts(lock: Mapping[str, Any]) -> Sequence[Part]:
    """What npm's lock puts into the page: what only builds or tests it is left out."""
    found = []
    for path, package in lock["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if path and not package.get("dev") and not package.get("link"):
            found.append(Part(f"pkg:npm/{quote(name, safe='/')}@{package['version']}", name, package["version"]))
    return found


def inventory(version: str, parts: Iterable[Part], made_at: str) -> Mapping[str, Any]:
    """The document; the same for the same parts, at the moment (ISO 8601) that it names."""
    known = sorted(set(parts))
    serial = uuid.uuid5(uuid.NAMESPACE_URL, "\n".join([version, made_at, *(part.purl for part in known)]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": made_at,
            "component": {
                "type": "application",
                "name": "reelroom",
                "version": version,
                "bom-ref": f"pkg:pypi/reelroom@{version}",
                "purl": f"pkg:pypi/reelroom@{version}",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": part.purl,
                "name": part.name,
                "version": part.version,
                "purl": part.purl,
                # A file is one of these, depending on the machine; more than one says nothing certain of it.
                **({"hashes": [{"alg": "SHA-256", "content": part.hashes[0]}]} if len(part.hashes) == 1 else {}),
            }
            for part in known
        ],
    }


def of_checkout(root: Path, version: str, programs: Sequence[Path], made_at: str) -> str:
    """The document for a checkout whose programs are built. Raises CalledProcessError, OSError."""
    parts = [*python_parts((root / "requirements.lock").read_text())]
    for program in programs:
        told = subprocess.run(["go", "version", "-m", program], check=True, capture_output=True, text=True).stdout
        parts += go_parts(told)
    parts += page_parts(json.loads((root / "web/package-lock.json").read_text()))
    return json.dumps(inventory(version, parts, made_at), indent=1) + "\n"
