"""`python -m tests.e2e.quiet SECONDS [loud]`: shows a page for so long, and prints whom its browser spoke to.

It runs in a network namespace of its own (`test_quiet_browser.py` makes it), whose only way out is a TUN device that
is read here: nothing leaves, and each packet that would have is seen, names that are looked up among them. `loud`:
the browser as Chromium comes.
"""

import asyncio
import fcntl
import functools
import http.server
import ipaddress
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from playwright.async_api import async_playwright

from reelroom.renders.page import show
from tests.e2e.application import GREEN_WITH_A_TONE

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
# The address of the namespace is a public one, and so is that of its resolver.
_ADDRESS, RESOLVER = "93.184.216.34/30", "93.184.216.33"


class _WayOut:
    """The TUN device; `seen` is where packets were to go."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self._device, _TUNSETIFF, struct.pack("16sH", b"out", _IFF_TUN | _IFF_NO_PI))
        for words in (
            "link set lo up",
            f"addr add {_ADDRESS} dev out",
            "link set out up",
            "route add default dev out",
        ):
            subprocess.run(["ip", *words.split()], check=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            packet = os.read(self._device, 65536)
            if packet[0] >> 4 == 4:  # the kernel's own IPv6 is nobody's (router solicitations, MLD)
                port = int.from_bytes(packet[22:24])
                self.seen.add(f"{ipaddress.IPv4Address(packet[16:20])}:{port}")


_asked_for: set[str] = set()


class _Asked(show.Egress):
    """The browser's proxy, which notes the hosts that it was asked for."""

    async def _dial(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not host.endswith(".invalid"):  # which is nobody: the proxy refuses it without asking anybody
            _asked_for.add(f"{host}:{port}")
        return await super()._dial(host, port)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


async def _show(seconds: float, folder: Path) -> set[str]:
    """Returns whom the browser may speak to: the page's own site."""
    (folder / "index.html").write_text(GREEN_WITH_A_TONE)
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    own = f"127.0.0.1:{site.server_port}"
    browser = show.Browser(show.PageRequest(f"http://{own}/", 640, 360, folder / "profile", private=True))
    pictures = asyncio.Event()
    async with async_playwright() as playwright:
        await browser.open(playwright)
        await browser.capture(show.Received(lambda *_: pictures.set(), lambda *_: None, lambda _: None))
        await browser.watched(True, True)
        await asyncio.wait_for(pictures.wait(), 60)
        await asyncio.sleep(seconds)
        await browser.close()
    site.shutdown()
    return {own}


def main() -> None:
    way = _WayOut()
    show.Egress = _Asked  # type: ignore[misc]
    if sys.argv[2:] == ["loud"]:
        show._QUIET[:] = []
    with tempfile.TemporaryDirectory() as folder:
        own = asyncio.run(_show(float(sys.argv[1]), Path(folder)))
    sys.stdout.write(json.dumps({"asked": sorted(_asked_for - own), "sent": sorted(way.seen)}) + "\n")


if __name__ == "__main__":
    main()
