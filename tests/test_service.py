"""The unit for systemd is one that systemd takes."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "docs" / "reelroom.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """With a program and a user that are here in place of those that it names."""
    text = (
        UNIT.read_text()
        .replace("/opt/reelroom/.venv/bin/reelroom", "/bin/true")
        .replace("User=reelroom", "User=root")
    )
    (tmp_path / "reelroom.service").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "reelroom.service")], capture_output=True, text=True, check=False
    )
    assert "reelroom.service" not in done.stderr
    assert done.returncode == 0, done.stderr
