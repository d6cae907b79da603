"""Films on the shelf of a running server, made without a call, with all that lies beside them."""

import asyncio
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from reelroom.cutting.turns import Turn, chapters
from reelroom.cutting.vtt import chapter_titles, speakers, thumbnails
from reelroom.store.schema import database_url
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake
from tests.e2e.running import RunningServer

LENGTH = 40  # s
_US = 1_000_000
SPOKEN = (("ann", "Ann Aguilar", 2, 9), ("ben", "Ben Okafor", 9, 20), ("ann", "Ann Aguilar", 26, 38))


@dataclass(frozen=True)
class Shelf:
    """A server, and the film that all its archives are."""

    server: RunningServer
    folder: Path

    async def put(self, session_id: str, *, count: int = 1, files: bool = True, **more: Any) -> list[Archive]:
        """So many archives of a session, a minute apart, the newest first; `files`: with a film each."""
        take = KeptTake(id=str(uuid4()), session_id=session_id, created_at=1, stopped_at=2)
        fields: dict[str, Any] = {"status": "available", "resolution": "1280x720", "name": "", **more}
        made = [
            Archive(
                id=str(uuid4()),
                session_id=session_id,
                take_id=take.id,
                start_us=1_790_000_000 * _US,
                duration_ms=LENGTH * 1000,
                size=(self.folder / "film.mp4").stat().st_size,
                created_at=1_790_000_000_000 - number * 60_000,
                updated_at=1,
                **fields,
            )
            for number in range(count)
        ]
        store = Store(database_url(self.server.data_dir))
        try:
            await store.add(take, *made)
        finally:
            await store.close()
        kept = self.server.data_dir / "archives"
        kept.mkdir(exist_ok=True)
        if files:
            for archive in made:
                for file in self.folder.glob("film.*"):
                    place = kept / f"{archive.id}{file.name.removeprefix('film')}"
                    if file.suffix in {".vtt", ".json"}:
                        place.write_text(file.read_text().replace("FILM", archive.id))
                    else:
                        place.hardlink_to(file)
        return made


def make_film(folder: Path) -> None:
    """A film, and what a composer leaves beside it."""
    folder.mkdir(parents=True)
    picture = f"testsrc2=size=640x360:rate=10:duration={LENGTH}"
    sound = f"sine=frequency=330:duration={LENGTH}"
    code = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    _ffmpeg(
        "-f",
        "lavfi",
        "-i",
        picture,
        "-f",
        "lavfi",
        "-i",
        sound,
        *code,
        "-movflags",
        "+faststart",
        folder / "film.mp4",
    )
    _ffmpeg("-ss", "12", "-i", folder / "film.mp4", "-frames:v", "1", folder / "film.poster.jpg")
    strip = "fps=1,scale=160:90,tile=10x4"
    _ffmpeg("-i", folder / "film.mp4", "-vf", strip, "-frames:v", "1", folder / "film.thumbnails.jpg")
    turns = [Turn(start * _US, end * _US, who, name) for who, name, start, end in SPOKEN]
    (folder / "film.thumbnails.vtt").write_text(
        thumbnails("FILM.thumbnails.jpg", LENGTH, 10, 160, 90, _US, LENGTH * _US)
    )
    (folder / "film.speakers.vtt").write_text(speakers(turns, 0))
    (folder / "film.chapters.vtt").write_text(chapter_titles(chapters(turns, 0, LENGTH * _US), 0))
    (folder / "film.timeline.json").write_text(
        json.dumps(
            {
                "start": 0,
                "end": LENGTH * _US,
                "turns": [{"start": each.start, "end": each.end, "participant": each.participant} for each in turns],
                "names": {"ann": "Ann Aguilar", "ben": "Ben Okafor"},
            }
        )
    )
    written = [{"text": "See page 4", "name": "Ben Okafor", "at": 12_000}]
    (folder / "film.chat.json").write_text(json.dumps({"version": 1, "messages": written}))


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True, timeout=120)


async def shelf_of(server: RunningServer, folder: Path) -> Shelf:
    """Ready to be filled."""
    await asyncio.to_thread(make_film, folder / "made")
    return Shelf(server, folder / "made")
