"""What the server says: one line of JSON each, whoever says it, and few of a flood."""

import json
import subprocess
import sys
from pathlib import Path

from reelroom.logs import Flood

SAYS = """
import asyncio, logging, sys, threading, warnings
import structlog
from reelroom.logs import log_to
log_to(sys.stderr, "info")
secret = "s3cret"
log = structlog.get_logger()
log.info("render started", render="r1")
log.debug("not to be heard")
logging.getLogger("uvicorn.error").warning("Unsupported upgrade request.")
logging.getLogger("some.library").info("chatter")
logging.getLogger("some.library").error("two\\nlines")
logging.getLogger("some.library").error("%d", "no number")
warnings.warn("old")
try:
    {}[secret]
except KeyError:
    log.exception("failed")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(); thread.join()
async def forgotten():
    asyncio.get_running_loop().call_exception_handler({"message": "Task exception was never retrieved"})
asyncio.run(forgotten())
raise RuntimeError("the end")
"""


def said(source: str, **more: object) -> list[dict[str, object]]:
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_json_whoever_says_it() -> None:
    lines = said(SAYS)
    assert [line["event"] for line in lines] == [
        "render started",
        "Unsupported upgrade request.",
        "two",
        "%d",
        "<string>:14: UserWarning: old",
        "failed",
        "crashed",
        "Task exception was never retrieved",
        "crashed",
    ]
    assert all({"level", "timestamp"} <= line.keys() for line in lines)
    assert lines[0]["render"] == "r1"
    assert (lines[5]["exception"], lines[5]["at"]) == ("KeyError('s3cret')", ["<string>:16 <module>"])
    assert lines[-1]["error"] == "RuntimeError('the end')"


FULL = """
import sys
import structlog
from reelroom.logs import log_to
log_to(open("/dev/full", "w"), "info")
structlog.get_logger().error("nobody hears this")
print("goes on")
"""


def test_a_disk_that_is_full_costs_the_line_alone() -> None:
    done = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=False)
    assert done.stdout == "goes on\n"


FLOODS = """
import logging, sys, time
from reelroom.logs import log_to
log_to(sys.stderr, "info")
ends = time.monotonic() + 3
while time.monotonic() < ends:
    logging.getLogger("asyncio").error("socket.accept() out of system resource")
logging.getLogger("asyncio").error("something else")
"""


def test_a_flood_is_a_line_a_second() -> None:
    lines = said(FLOODS)
    assert lines[-1]["event"] == "something else"
    assert 20 <= len(lines) - 1 <= 25
    assert int(str(lines[-2]["held_back"])) > 100


def test_a_flood_says_how_much_of_it_was_held_back() -> None:
    now = [0.0]
    flood = Flood(clock=lambda: now[0])
    assert [flood.passes("full") for _ in range(22)] == [0] * 20 + [None] * 2
    assert flood.passes("other") == 0
    now[0] = 1.0
    assert [flood.passes("full") for _ in range(2)] == [2, None]
    now[0] = 100.0
    assert [flood.passes("full") for _ in range(21)] == [1] + [0] * 19 + [None]


def test_kinds_without_number_take_no_memory_without_bound(tmp_path: Path) -> None:
    flood = Flood()
    for number in range(5000):
        flood.passes(str(number))
    assert len(flood._allowance) == 1000
