"""The browser that shows a page speaks to nobody but the page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.quiet import RESOLVER

_APART = ["unshare", "--map-root-user", "--net", "--mount"]


def spoken_to(tmp_path: Path, seconds: int, *how: str) -> dict[str, list[str]]:
    """Whom the browser asked its proxy for, and where packets were to go."""
    (tmp_path / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    bound = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    if subprocess.run([*_APART, "sh", "-c", bound, tmp_path / "resolv.conf", "true"], check=False).returncode:
        pytest.skip("no namespaces here")
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun here")
    shows = [sys.executable, "-m", "tests.e2e.quiet", str(seconds), *how]
    command = [*_APART, "sh", "-c", bound, str(tmp_path / "resolv.conf"), *shows]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 240, check=False)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_the_browser_of_a_page_phones_nobody(tmp_path: Path) -> None:
    assert spoken_to(tmp_path, 20) == {"asked": [], "sent": []}


@pytest.mark.slow
def test_nobody_within_minutes_either_and_chromium_as_it_comes_does(tmp_path: Path) -> None:
    """What is not quiet is seen here: else the test would prove nothing."""
    assert spoken_to(tmp_path, 90) == {"asked": [], "sent": []}
    loud = spoken_to(tmp_path, 20, "loud")
    assert loud["asked"] or loud["sent"]
