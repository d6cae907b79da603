"""What children of the server may see of its environment."""

import subprocess
import sys

from reelroom.processes.environment import for_children


def test_no_setting_and_no_secret_reaches_a_child() -> None:
    secret = {
        "REELROOM_ADMIN_TOKEN": "geheim",
        "REELROOM_DATABASE_URL": "postgresql://user:geheim@host/db",
        "AWS_SECRET_ACCESS_KEY": "geheim",
        "PGPASSWORD": "geheim",
        "LD_PRELOAD": "/tmp/x.so",
    }
    needed = {"PATH": "/bin", "LANG": "de_DE.UTF-8", "LC_ALL": "C", "OMP_NUM_THREADS": "1", "HOME": "/home/reelroom"}
    assert for_children({**secret, **needed}) == needed


CONFINED = """
import resource
from reelroom.processes.inside import confine
confine()
status = open("/proc/self/status").read()
print("NoNewPrivs:\t1" in status, resource.getrlimit(resource.RLIMIT_CORE))
"""


STARTS = """
import subprocess, sys
from reelroom.processes.inside import confine
confine()
child = "print('NoNewPrivs:\\\\t1' in open('/proc/self/status').read())"
subprocess.run([sys.executable, "-c", child])
"""


def test_what_a_confined_process_starts_is_confined() -> None:
    said = subprocess.run([sys.executable, "-c", STARTS], capture_output=True, text=True, check=True).stdout
    assert said == "True\n"


def test_a_confined_process_gains_nothing_and_leaves_no_core() -> None:
    said = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True, check=True).stdout
    assert said == "True (0, 0)\n"
