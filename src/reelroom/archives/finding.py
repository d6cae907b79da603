"""What films hold is made to be found: read from the files beside a film, once it is there and when it has changed.

What was read is a row that says as of when it is, so that nothing is forgotten, whenever a server ends.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Any

import structlog

from reelroom.archives.film_files import FilmFiles
from reelroom.store.film_texts import FilmText
from reelroom.store.node import Node
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.store import Store
from reelroom.store.values import Archive
from reelroom.transcripts.finding import pieces, tokens

_log = structlog.get_logger()

_EVERY_SECONDS = 300.0
_AT_ONCE = 50
_READ = (".timeline.json", ".chat.json", ".transcript.json")


class Finding:
    """Follows the archives whose films lie here."""

    def __init__(self, store: Store, films: FilmFiles, node: Node) -> None:
        self._store = store
        self._films = films
        self._node = node
        self._changed = asyncio.Event()
        self._which: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def follow(self, archive: Archive) -> None:
        """An archive has changed."""
        if archive.status in FILM_IS_MADE:
            self._which.add(archive.id)
            self._changed.set()

    def start(self) -> None:
        """Look, also at what an earlier server left."""
        self._task = asyncio.create_task(self._run(), name="finding")

    async def _run(self) -> None:
        everything = True
        while True:
            self._changed.clear()
            try:
                await (self.look() if everything else self._look_at_changed())
            except Exception:
                _log.exception("what films hold could not be read")
            try:
                async with asyncio.timeout(_EVERY_SECONDS):
                    await self._changed.wait()
                everything = False
            except TimeoutError:
                everything = True

    async def look(self) -> None:
        """At all that have changed since they were looked at."""
        while due := await self._store.film_texts.due(self._node.name, _AT_ONCE):
            for archive in due:
                await self._read(archive)

    async def _look_at_changed(self) -> None:
        which, self._which = self._which, set()
        for archive_id in which:
            archive = await self._store.archives.get(archive_id)
            if archive is not None and archive.status in FILM_IS_MADE:
                await self._read(archive)

    async def _read(self, archive: Archive) -> None:
        before = (await self._store.film_texts.of_archives([archive.id])).get(archive.id)
        timeline, chat, words = [await self._json(archive, suffix) for suffix in _READ]
        found, people, said = await asyncio.to_thread(_found, archive, before, timeline, chat, words)
        async with self._store.transaction() as tx:
            now = await tx.archives.get(archive.id)
            if now is not None and now.status in FILM_IS_MADE:  # else it is on its way into the bin, or further
                await tx.film_texts.put(found, people, said)

    async def _json(self, archive: Archive, suffix: str) -> Mapping[str, Any] | None:
        """None where there is no such file, or none that can be read."""
        try:
            found = json.loads(await self._films.read(archive, suffix) or b"null")
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


def _found(
    archive: Archive,
    before: FilmText | None,
    timeline: Mapping[str, Any] | None,
    written: Mapping[str, Any] | None,
    transcript: Mapping[str, Any] | None,
) -> tuple[FilmText, frozenset[str], frozenset[str]]:
    """What is found of an archive, and the tokens by which: of its people, and of what is said in it. Blocking.

    What lay beside a film that went to a bucket is what it was.
    """
    if timeline is None and before is not None:
        people = list(before.people)
        chat = [moment for moment in before.moments if moment[1] == "chat"]
    else:
        people = sorted({str(name) for name in (timeline or {}).get("names", {}).values() if name})
        chat = _chat(written, int((timeline or {}).get("start", 0)))
    words = _words(transcript)
    people = sorted({*people, *(name for _, _, name, _ in [*words, *chat] if name)})
    moments = sorted([*words, *chat], key=lambda moment: moment[0])
    said = frozenset[str]().union(*(tokens(text) for *_, text in moments))
    found = FilmText(archive_id=archive.id, as_of=archive.updated_at, people=people, moments=moments)
    return found, tokens(" ".join(people)), said


def _words(transcript: Mapping[str, Any] | None) -> list[tuple[int, str, str, str]]:
    return [
        (at, "words", str(passage["name"]), text)
        for passage in (transcript or {}).get("passages", [])
        for at, text in pieces((round(word["from"] * 1000), word["text"]) for word in passage["words"])
    ]


def _chat(written: Mapping[str, Any] | None, start_us: int) -> list[tuple[int, str, str, str]]:
    return [
        (max(0, message["at"] - start_us // 1000), "chat", str(message["name"]), str(message["text"]))
        for message in (written or {}).get("messages", [])
    ]
