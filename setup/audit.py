#!/usr/bin/env python3
"""Holds what is pinned against what is known of it by now, and says a sentence for each part: `make audit`.

It asks the registries of Python's, Go's and npm's packages, so it is no part of `make test`. What could not be looked
up counts as failed: silence is no good news.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 600  # for one part: a registry that says nothing is none
_LONGEST_REASON = 200
_GO = ("go", "run", "golang.org/x/vuln/cmd/govulncheck@latest")


@dataclass(frozen=True)
class Part:
    """Something pinned: who tells what is known of it, and how that one says that something is.

    `found` is the status of its end for that, and `words` what it then says.
    """

    name: str
    command: tuple[str, ...]
    folder: str
    found: int
    words: str


PARTS = (
    Part(
        "requirements.lock",
        (
            *("uv", "tool", "run", "pip-audit", "--strict", "--disable-pip"),
            "--require-hashes",
            "-r",
            "requirements.lock",
        ),
        ".",
        1,
        "known vulnerabilit",
    ),
    *(Part(name, (*_GO, "./..."), name, 3, "vulnerabilit") for name in ("tap", "sip")),
    # The engine is LiveKit's, and its module has no code of its own to be looked through: the program says what is
    # linked, which counts, and not what is called, which nobody here can mend.
    Part(
        "engine",
        (*_GO, "-mode", "binary", "-scan", "module", "../.build/bin/livekit-server"),
        "engine",
        3,
        "vulnerabilit",
    ),
    Part("web", ("npm", "audit", "--omit", "dev"), "web", 1, "severity vulnerabilit"),
)


def judge(part: Part, status: int | None, said: str) -> str:
    """What to say of a part that is not shown to be sound, "" of one that is; no `status`: it took too long."""
    if status == 0:
        return ""
    if status == part.found and part.words in said:
        return f"{part.name}: something is known of it, as above; make lock ARGS=--upgrade moves to newer versions"
    asked = part.command[0]
    if status is None:
        return f"{part.name}: could not be looked up: {asked} had no answer within {_SECONDS // 60} min."
    reason = next((line.strip() for line in reversed(said.splitlines()) if _is_reason(line)), "it said nothing")
    return f"{part.name}: could not be looked up ({asked} ended with {status}): {reason[:_LONGEST_REASON]}"


def _is_reason(line: str) -> bool:
    """npm's last line is where its log lies, and what `go run` adds is the status again."""
    text = line.strip()
    return bool(text) and "complete log of this run" not in text and ".log" not in text and text != "exit status 1"


def look_up(part: Part, root: Path = ROOT) -> str:
    """Ask, with all that is said on the screen as it comes; as `judge`."""
    sys.stdout.write(f"{part.name}:\n")
    sys.stdout.flush()
    try:
        ended = subprocess.run(
            part.command,
            cwd=root / part.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return judge(part, None, "")
    except OSError as error:
        return f"{part.name}: could not be looked up: {part.command[0]} cannot be run ({error.strerror})"
    sys.stdout.write(ended.stdout)
    return judge(part, ended.returncode, ended.stdout)


def main(parts: Sequence[Part] = PARTS, root: Path = ROOT) -> int:
    """Look all up; returns the status to end with."""
    problems = [problem for part in parts if (problem := look_up(part, root))]
    sys.stdout.flush()
    if not problems:
        sys.stdout.write("Nothing is known against anything that is pinned.\n")
        return 0
    sys.stderr.write("Not shown to be sound:\n" + "".join(f"  {each}\n" for each in problems))
    return 1


if __name__ == "__main__":
    sys.exit(main())
