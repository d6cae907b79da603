"""A composer gives way: beside a busy process of another session, it has a small part of the CPU.

It is here because those here have the machine to themselves.
"""

import subprocess
import sys

import pytest

SECONDS = 4
READY = "print(flush=True); input()"
BUSY = f"""
import os, time
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
{READY}
ends = time.monotonic() + {SECONDS}
while time.monotonic() < ends: pass
print(time.process_time())
"""
GIVES_WAY = "from reelroom.processes.inside import give_way; give_way(10)"


@pytest.mark.slow
def test_who_gives_way_has_little_where_another_is_busy() -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", source],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # as `Child` does
        )
        for source in (BUSY, GIVES_WAY + BUSY)
    ]
    for each in started:
        assert each.stdout is not None
        assert each.stdout.readline() == "\n"
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    first, second = (float(each.communicate(timeout=60)[0]) for each in started)
    assert second < first / 3, (first, second)
