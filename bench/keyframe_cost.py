"""What a keyframe every so often costs everybody: likeness to what the camera saw, at one and the same bitrate.

VP8 as WebRTC encodes it (real time, constant bitrate, no frame held back), of a camera that wanders and of one that
stands still before somebody who moves. SSIM is FFmpeg's, of luma; the worst second is what people notice.
"""

import asyncio
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.camera import FPS, HEIGHT, WIDTH, landscape, view
from bench.meter import Measurement, Ratio

CLAIM = "Likeness (SSIM) with a keyframe every so many seconds, beside none but the first"
SECONDS = 240.0  # the bound of the whole measurement
_FILM = 20  # s
_BITRATE = 400_000
_COARSE = 2
_EVERY = (1.0, 3.5, 10.0)  # s
_SIZE = (HEIGHT // _COARSE, WIDTH // _COARSE)


def _wandering(count: int, planes: tuple[NDArray[np.uint8], ...]) -> NDArray[np.uint8]:
    pixels = np.frombuffer(view(planes, count, _COARSE), dtype=np.uint8)
    return pixels.reshape(_SIZE[0] * 3 // 2, _SIZE[1])


def _sitting(count: int, planes: tuple[NDArray[np.uint8], ...]) -> NDArray[np.uint8]:
    """The camera stands still; in its middle a third of the picture moves."""
    still, moving = _wandering(0, planes).copy(), _wandering(count, planes)
    rows, columns = slice(_SIZE[0] // 4, _SIZE[0]), slice(_SIZE[1] // 3, _SIZE[1] * 2 // 3)
    still[rows, columns] = moving[rows, columns]
    chance = np.random.default_rng(count)
    grain = chance.integers(-2, 3, still.shape, dtype=np.int16)  # as every camera's
    return np.clip(still + grain, 16, 235).astype(np.uint8)


def _ffmpeg(*words: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *words], check=True, stdin=subprocess.DEVNULL)


def _likeness(original: Path, every: float) -> tuple[float, float]:
    """The mean SSIM of luma, and that of the worst second; the first two seconds are the encoder's to settle in."""
    raw = [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-s",
        f"{_SIZE[1]}x{_SIZE[0]}",
        "-r",
        str(FPS),
        "-i",
        str(original),
    ]
    coded, scores = original.with_suffix(".ivf"), original.with_suffix(".txt")
    rate = str(_BITRATE)
    _ffmpeg(
        *(*raw, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "6", "-lag-in-frames", "0"),
        *("-error-resilient", "1", "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-undershoot-pct", "100"),
        *("-bufsize", str(_BITRATE * 6 // 10), "-g", str(round(every * FPS)), "-threads", "1", str(coded)),
    )
    _ffmpeg("-i", str(coded), *raw, "-lavfi", f"[0][1]ssim=stats_file={scores}", "-f", "null", "-")
    likeness = [float(line.partition("Y:")[2].split()[0]) for line in scores.read_text().splitlines()][2 * FPS :]
    seconds = [statistics.fmean(likeness[at : at + FPS]) for at in range(0, len(likeness) - FPS + 1, FPS)]
    return statistics.fmean(likeness), min(seconds)


def _measure() -> Measurement:
    planes = landscape()
    ratios, facts = [], []
    for name, scene in (("wandering", _wandering), ("sitting", _sitting)):
        with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as folder:
            original = Path(folder) / "camera.yuv"
            with original.open("wb") as file:
                for count in range(_FILM * FPS):
                    file.write(scene(count, planes).tobytes())
            mean, worst = _likeness(original, _FILM)
            facts.append(f"{name}: {mean:.4f} without, worst second {worst:.4f}")
            for every in _EVERY:
                with_them = _likeness(original, every)
                facts.append(f"{name}: {with_them[0]:.4f} every {every:g} s, worst second {with_them[1]:.4f}")
                ratios.append(Ratio(f"{name}, every {every:g} s", with_them[0], mean, "SSIM"))
    return Measurement(CLAIM, ratios, [*facts, f"{_SIZE[1]}x{_SIZE[0]}, {_BITRATE // 1000} kbit/s"])


async def measure() -> Measurement:
    """Four encodings of each of two scenes."""
    return await asyncio.to_thread(_measure)
