"""One connection to an RTMP server, in a process of its own: units come in on standard input.

PyAV holds the interpreter's lock while it connects and waits without an end, so a server that stalls would stop
everything else in the process. Here it stops this process alone, and the alarm ends it.
"""

import argparse
import os
import signal
import sys

import av

from reelroom.composer.muxer import rtmp_muxer
from reelroom.composer.units import BroadcastLook, read_units

URL_VARIABLE = "REELROOM_RTMP_URL"  # it holds the stream's key: kept off the command line
LIVE = b"live\n"  # said once the server takes the stream
_STALLED = 10  # seconds


def main() -> int:
    """Send until standard input ends. Exit status 1: the server refused, or went; SIGALRM: it stalled."""
    parser = argparse.ArgumentParser(prog="reelroom-rtmp", description=__doc__)
    for name in ("width", "height", "bits-per-second"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--no-audio", dest="has_audio", action="store_false")
    parser.add_argument("--no-video", dest="has_video", action="store_false")
    look = BroadcastLook(**vars(parser.parse_args()))
    signal.alarm(_STALLED)  # not handled, as no Python code runs while PyAV holds the lock
    live = False
    try:
        muxer = rtmp_muxer(look, os.environ.pop(URL_VARIABLE))
        for unit in read_units(sys.stdin.buffer):
            muxer.write(unit)
            signal.alarm(_STALLED)
            if not live:
                live = True
                sys.stdout.buffer.write(LIVE)
                sys.stdout.buffer.flush()
        muxer.close()
    except av.FFmpegError as error:
        sys.stderr.write(f"RTMP server: {error.strerror}\n")  # the error's own text has the address with its key
        sys.stderr.flush()
        os._exit(1)  # a container that failed is not finished, which could wait again
    return 0


if __name__ == "__main__":
    sys.exit(main())
