"""A film that copies its camera's pictures costs a fraction of one that is encoded: `compose`, with and without.

One person speaks for a minute before a 720p30 camera that sends H.264 with a keyframe every 3 s, as Chromium does
when a tap asks for them. Both films have the same sound; the name stands in the first 4.5 s of either.
"""

import asyncio
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from bench.camera import FPS
from bench.compose_speed import run
from bench.meter import Measurement, Ratio
from bench.synthetic import VIDEO

CLAIM = "`reelroom compose --splice` beside `--no-splice`, one 720p30 H.264 track with sound"
SECONDS = 230.0  # the bound of the whole measurement
_LOOP, _TIMES = 12, 5  # s, and how often
_JUDGED = (30, 8)  # from when, and for how long (s), pictures are held against the camera's


async def _likeness(program: str, film: Path, track: Path) -> float:
    """The SSIM of a film's pictures beside the camera's, 0 to 1."""
    begin, lasts = _JUDGED
    # A camera's picture goes with the film's that is due next; copied ones are half a picture later than made ones.
    graph = f"[1:v]setpts=PTS-0.25/{FPS}/TB[sent];[0:v][sent]ssim"
    cut = ["-ss", str(begin), "-t", str(lasts)]
    command = [program, "-nostdin", *cut, "-i", str(film), *cut, "-i", str(track), "-lavfi", graph, "-f", "null", "-"]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    found = re.search(r"All:([0-9.]+)", said.decode(errors="replace"))
    if found is None:
        raise RuntimeError(f"ffmpeg does not compare: {said[-300:].decode(errors='replace')}")
    return float(found[1])


async def measure() -> Measurement:
    """One film of each kind: CPU, size, share of pictures copied, and likeness to what the camera sent."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise FileNotFoundError("ffmpeg is missing: `make tools` brings it")
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as name:
        folder = Path(name)
        take = folder / "take"
        await run(sys.executable, "-m", "bench.synthetic", str(take), str(_LOOP), f"--times={_TIMES}", "--codec=h264")
        starting = await run(sys.executable, "-c", "import reelroom.cli.main, reelroom.composer.compose")
        films = {way: folder / f"{way}.mp4" for way in ("splice", "no-splice")}
        costs, likeness = {}, {}
        for way, film in films.items():
            command = ["compose", str(take), "-o", str(film), f"--{way}", "--jobs", "1"]
            costs[way] = await run(sys.executable, "-m", "reelroom", *command)
            likeness[way] = await _likeness(program, film, take / VIDEO)
        report = json.loads(films["splice"].with_suffix(".report.json").read_bytes())
        sizes = {way: film.stat().st_size / 1e6 for way, film in films.items()}
        tracks = (take / VIDEO).stat().st_size / 1e6
    cpu = [costs[way].cpu - starting.cpu for way in films]
    share = report["copied"] / report["pictures"]
    return Measurement(
        CLAIM,
        [
            Ratio("CPU once started", cpu[0], cpu[1], "s"),
            Ratio("CPU", costs["splice"].cpu, costs["no-splice"].cpu, "s"),
            Ratio("size", sizes["splice"], sizes["no-splice"], "MB"),
            Ratio("SSIM beside the camera", likeness["splice"], likeness["no-splice"], ""),
        ],
        [
            f"{share:.1%} of {report['pictures']} pictures are copied",
            f"the camera's own track has {tracks:.1f} MB",
            f"a minute of film takes {cpu[0]:.2f} s of CPU, {cpu[1]:.2f} s where it is encoded",
        ],
        [] if share > 0.8 else ["little was copied"],
    )
