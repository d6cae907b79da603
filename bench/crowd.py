"""People who cost next to nothing: the crowd of `tap/crowd`, each in a room, playing what was encoded before."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Self

from bench.synthetic import write_sound, write_video

_CLIP = 12  # s, sent again and again
_VIDEO, _SOUND = "clip.ivf", "clip.ogg"


async def build(folder: Path) -> Path:
    """The program and what it plays, in `folder`. Raises FileNotFoundError, RuntimeError."""
    go, program = shutil.which("go"), folder / "crowd"
    if go is None:
        raise FileNotFoundError("Go is missing: `make bench` finds it")
    source = Path(__file__).resolve().parent.parent / "tap"
    building = await asyncio.create_subprocess_exec(
        *(go, "build", "-o", str(program), "./crowd"), cwd=source, stderr=asyncio.subprocess.PIPE
    )
    _, said = await building.communicate()
    if building.returncode:
        raise RuntimeError(f"the crowd was not built: {said.decode(errors='replace')[-500:]}")
    await asyncio.to_thread(write_video, folder / _VIDEO, _CLIP, "ivf")
    await asyncio.to_thread(write_sound, folder / _SOUND, _CLIP, "ogg")
    return program


class Crowd:
    """Those who have the tokens publish at the engine until `leave`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, program: Path) -> Self:
        """Nobody has joined yet."""
        clips = "--video", str(program.parent / _VIDEO), "--sound", str(program.parent / _SOUND)
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(str(program), *clips, stdin=pipe, stdout=pipe))

    async def join(self, url: str, tokens: list[str]) -> None:
        """Returns when all of them publish. Raises RuntimeError."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"url": url, "tokens": tokens}).encode() + b"\n")
        if not await self._process.stdout.readline():
            raise RuntimeError("the crowd could not join")

    async def leave(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
