"""`make audit` says of each part what is known of it, or why nobody could say."""

import subprocess
import sys
from pathlib import Path

import pytest

import audit
from audit import PARTS, Part, judge

PIP, TAP, WEB = (next(part for part in PARTS if part.name == name) for name in ("requirements.lock", "tap", "web"))
# What the programs said where registries refused or did not answer, and where something was found.
NPM_REFUSED = """\
npm warn audit 404 Not Found - POST https://registry.example/-/npm/v1/security/advisories/bulk
undefined
npm error audit endpoint returned an error
npm error A complete log of this run can be found in: /home/host/.npm/_logs/2026-11-28T08_00_00_000Z-debug-0.log
"""
GO_REFUSED = """\
go: golang.org/x/vuln/cmd/govulncheck@latest: reading https://proxy.example/: 403 Forbidden
"""
GO_UNKNOWN = """\
govulncheck: fetching vulnerabilities: Get "https://vuln.example/index/modules.json.gz": no such host
exit status 1
"""
NPM_FOUND = "lodash  <4.17.21\nSeverity: high\n1 high severity vulnerability\n"
GO_FOUND = "Vulnerability #1: GO-2024-0001\nYour code is affected by 1 vulnerability from 1 module.\nexit status 3\n"


@pytest.mark.parametrize(
    ("part", "status", "said", "sentence"),
    [
        (
            WEB,
            1,
            NPM_REFUSED,
            "web: could not be looked up (npm ended with 1): npm error audit endpoint returned an error",
        ),
        (TAP, 1, GO_REFUSED, f"tap: could not be looked up (go ended with 1): {GO_REFUSED.strip()}"),
        (TAP, 1, GO_UNKNOWN, f"tap: could not be looked up (go ended with 1): {GO_UNKNOWN.splitlines()[0]}"),
        (PIP, 1, "", "requirements.lock: could not be looked up (uv ended with 1): it said nothing"),
        (TAP, None, "", "tap: could not be looked up: go had no answer within 10 min."),
    ],
)
def test_a_registry_that_refuses_is_told_from_a_find(
    part: Part, status: int | None, said: str, sentence: str
) -> None:
    assert judge(part, status, said) == sentence[: len(sentence)]


@pytest.mark.parametrize(
    ("part", "status", "said"),
    [(WEB, 1, NPM_FOUND), (TAP, 3, GO_FOUND), (PIP, 1, "Found 2 known vulnerabilities in 1 package\n")],
)
def test_what_is_known_is_told(part: Part, status: int, said: str) -> None:
    assert judge(part, status, said).startswith(f"{part.name}: something is known of it")


def test_what_is_sound_needs_no_sentence() -> None:
    assert judge(WEB, 0, "found 0 vulnerabilities\n") == ""


def test_every_module_and_lock_has_its_part() -> None:
    modules = {path.parent.name for path in audit.ROOT.glob("*/go.mod")}
    assert {part.name for part in PARTS} == {*modules, "web", "requirements.lock"}


def test_what_is_looked_through_is_there() -> None:
    """Sources where there are any, else the program that was built of what is pinned."""
    for part in (each for each in PARTS if "go" in each.command):
        folder = audit.ROOT / part.folder
        named = folder / part.command[-1]
        assert [*folder.glob("*.go")] if part.command[-1] == "./..." else named.resolve().is_file(), part.name


def test_all_parts_are_looked_up_and_one_that_fails_fails_all(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Programs that really run: one that is sound, one whose registry refuses, one that is not there."""
    refuses = (sys.executable, "-c", "import sys; sys.exit('the registry refuses (403)')")
    parts = [
        Part("sound", (sys.executable, "-c", "print('all well')"), ".", 1, "bad"),
        Part("refused", refuses, ".", 1, "bad"),
        Part("absent", (str(tmp_path / "no-such-program"),), ".", 1, "bad"),
    ]
    assert audit.main(parts[:1], tmp_path) == 0
    assert audit.main(parts, tmp_path) == 1
    out, err = capfd.readouterr()
    assert "sound:\nall well\nNothing is known against anything that is pinned." in out
    assert err.splitlines()[0] == "Not shown to be sound:"
    assert "refused: could not be looked up" in err and "the registry refuses (403)" in err
    assert "absent: could not be looked up" in err and "No such file or directory" in err
    assert "sound: " not in err.replace("to be sound:", "")


def test_make_audit_runs_it() -> None:
    said = subprocess.run(["make", "-n", "audit"], cwd=audit.ROOT, capture_output=True, text=True, check=False)
    assert "setup/audit.py" in said.stdout
