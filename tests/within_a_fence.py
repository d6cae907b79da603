"""A program of the tests that says what it may do: `DATA_DIR BESIDE PID`, the server's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import reelroom  # noqa: F401 - which puts the fence on, as for all modules of ours


def may(path: Path, mode: str) -> bool:
    try:
        with path.open(mode):
            return True
    except OSError:
        return False


def main() -> int:
    data_dir, beside, server = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    keys, takes, link = data_dir / "keys.json", data_dir / "takes", beside / "link"
    reads = (keys, link / "keys.json", takes / "around", takes / "events.jsonl", beside / "beside")
    writes = (data_dir / "new", keys, takes / "film")
    try:
        os.kill(server, 0)
        signals = True
    except OSError:
        signals = False
    command = [sys.executable, "-c", f"open({str(keys)!r})"]
    told = {
        "reads": {str(path.relative_to(beside)): may(path, "r") for path in reads},
        "writes": {str(path.relative_to(beside)): may(path, "a") for path in writes},
        "its children read keys": subprocess.run(command, capture_output=True, check=False).returncode == 0,
        "reads what the server has": any(may(Path(f"/proc/{server}/{name}"), "rb") for name in ("environ", "mem")),
        "signals the server": signals,
        "settings": [name for name in os.environ if name.startswith("REELROOM_") and "BINARY" not in name],
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
