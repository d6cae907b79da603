"""The inside of a spare process: it loads a module, waits for its order, and is the module's program from then on.

A module may have more to load than its program needs at once: its `load` does that. What it has opened, its `unload`
closes where the server is gone, or needs it no more.
"""

import contextlib
import importlib
import json
import os
import sys


def main() -> int:
    """Returns what the module's `main` does; 0 when the server is gone before there was anything to do."""
    module = importlib.import_module(sys.argv[1])
    if (load := getattr(module, "load", None)) is not None:
        load(*sys.argv[2:])
    line = sys.stdin.readline()
    if not line:
        if (unload := getattr(module, "unload", None)) is not None:
            unload()
        return 0
    order = json.loads(line)
    os.environ.update(order["environment"])
    with contextlib.suppress(OSError):  # then it runs without a log
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.dup2(log, sys.stderr.fileno())
        os.close(log)
    sys.argv = [str(module.__file__), *order["arguments"]]
    status: int = module.main()
    return status


if __name__ == "__main__":
    sys.exit(main())
