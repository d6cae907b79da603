"""Transcribing: finished archives are written down as text, one at a time, when nobody else wants the CPU.

Which are to be is in rows: the next run of the server goes on with them. What was heard of a take is kept in it.
"""

import asyncio
import contextlib
import sys
from dataclasses import replace
from pathlib import Path

import structlog

from reelroom.archives.answer import plan_of
from reelroom.archives.film_files import FilmFiles
from reelroom.archives.film_words import FilmWords
from reelroom.archives.library import Archives
from reelroom.archives.transcript_order import TranscriptOrder
from reelroom.config import Settings
from reelroom.cutting.plan import PlanError
from reelroom.errors import Conflict, Gone, NotSetUp
from reelroom.files.durable import write_durably
from reelroom.processes.child import Child, GaveUp, Message, NotNow, Program
from reelroom.processes.machine import Machine
from reelroom.processes.patience import doubling
from reelroom.store.database import CannotWrite, now_ms
from reelroom.store.node import LeaseLost, Node
from reelroom.store.states import RECORDING
from reelroom.store.store import Store
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive
from reelroom.transcribing.models import HOW_TO_GET_ONE, model_in_use

_log = structlog.get_logger()

_MOST_FAILURES = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 900.0  # s between two attempts
_GIVEN_UP_AFTER_MS = 24 * 3600 * 1000
_LONGEST_WAIT = 10.0  # s between two looks
_TRACKS_COME = 600.0  # s for which the tracks of a take are waited for
_LOOK_FOR_TRACKS = 0.5  # s
NO_MODEL = f"This server has no model for speech: {HOW_TO_GET_ONE}"


class _Failed(Exception):
    """There will be no transcript; the message says why."""


class _Later(Exception):
    """Not now; the message says why."""


def next_attempt(transcript: KeptTranscript, now: int) -> int | None:
    """When (ms) one that was put off at `now` is tried again; None: never."""
    if now - transcript.created_at > _GIVEN_UP_AFTER_MS:
        return None
    return now + int(1000 * doubling(transcript.attempts, _FIRST_PAUSE, _LONGEST_PAUSE))


class Transcribing:
    """Makes transcripts of the archives whose takes lie here."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        films: FilmFiles,
        archives: Archives,
        machine: Machine,
        node: Node,
    ) -> None:
        self.words = FilmWords(store, films, archives.changes, node, settings.min_free_mb)
        self._settings = settings
        self._store = store
        self._storage = films.storage
        self._archives = archives
        self._changes = archives.changes
        self._machine = machine
        self._node = node
        self._node.when_lost("transcript", self._give_up)
        self._child: Child | None = None
        self._archive_id = ""  # of the one that is made
        self._done = 0.0
        self._made: Message | None = None
        self._failure = self._obstacle = ""
        self._wanted = archives.changes.transcribable
        self._running: asyncio.Task[None] | None = None

    @property
    def possible(self) -> bool:
        """Whether the host has chosen a model, and wants transcripts at all."""
        return self._settings.transcripts != "never" and model_in_use(self._settings) is not None

    def progress(self, archive_id: str) -> float | None:
        """How much of a transcript is made, 0 to 1; None when it is not being made here."""
        return self._done if archive_id == self._archive_id else None

    @property
    def pid(self) -> int | None:
        """The process id of what listens, while it runs."""
        return self._child.pid if self._child else None

    async def ask(self, archive: Archive, order: TranscriptOrder) -> KeptTranscript:
        """Have an archive transcribed, or transcribed again. Raises NotSetUp, Conflict, Gone."""
        if self._settings.transcripts == "never":
            raise NotSetUp("This server makes no transcripts (REELROOM_TRANSCRIPTS=never)")
        if model_in_use(self._settings) is None:
            raise NotSetUp(NO_MODEL)
        if archive.status in RECORDING or not archive.has_audio:
            why = "it still records" if archive.has_audio else "it has no sound"
            raise Conflict(f"The archive cannot be transcribed: {why}")
        if not self._archives.has_take(archive):
            raise Gone("The recording that this archive was cut from has been removed: only the film is left")
        if not await self._archives.may_be_transcribed(archive):
            raise Conflict("Whoever moderates its room wants nothing written down there")
        now = now_ms()
        asked = replace(
            order.on(self._settings).of(archive, None, self._node.name), next_at=now, created_at=now, updated_at=now
        )
        async with self._store.transaction() as tx:
            await tx.transcripts.ask(asked)
        self._wanted.set()
        return asked

    def start(self) -> None:
        """Transcribe, also what an earlier server left."""
        self._running = asyncio.create_task(self._run(), name="transcripts")
        self.words.start()

    async def _run(self) -> None:
        while True:
            self._wanted.clear()
            try:
                may = not self._node.why_not("transcript")
                found = await self._store.transcripts.due(self._node.name, now_ms(), 1) if may else ()
                for transcript in found:
                    await self._attempt(transcript)
                if found:
                    continue
            except Exception:
                _log.exception("transcripts cannot be read")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LONGEST_WAIT):
                    await self._wanted.wait()

    async def _attempt(self, transcript: KeptTranscript) -> None:
        archive_id = transcript.archive_id
        log = _log.bind(archive=archive_id, attempt=transcript.attempts + 1)
        if await self._node.hold("transcript", archive_id) is None:
            return await self._put_off(transcript, "another server makes it")
        try:
            await self._make(transcript, log)
        except _Failed as error:
            log.error("no transcript", reason=str(error))
            await self._changes.transcribed(
                archive_id, "failed", by=self._node, reason=str(error)[:1024], next_at=None
            )
        except LeaseLost as error:
            log.error("transcript is given up", why=str(error))
        except (_Later, CannotWrite, OSError) as error:
            log.warning("transcript waits", why=str(error))
            await self._put_off(transcript, str(error))
        except Exception:
            log.exception("a transcript failed in a way that nobody foresaw")
            await self._put_off(transcript, "internal error")
        finally:
            self._archive_id = ""
            await self._node.let_go("transcript", archive_id)
        return None

    async def _put_off(self, transcript: KeptTranscript, why: str) -> None:
        again = next_attempt(transcript, now_ms())
        if again is None:
            await self._changes.transcribed(transcript.archive_id, "failed", by=None, reason=why[:1024], next_at=None)
        else:
            await self._store.transcripts.put_off(transcript.archive_id, again, why[:1024])

    async def _make(self, transcript: KeptTranscript, log: structlog.stdlib.BoundLogger) -> None:
        archive = await self._store.archives.get(transcript.archive_id)
        if archive is None or archive.end_us is None or not self._archives.has_take(archive):
            raise _Failed("the recording has been removed")
        model = model_in_use(self._settings)
        if model is None:
            raise _Failed(NO_MODEL)
        try:
            plan = plan_of(archive).to_json()
        except PlanError as error:
            raise _Failed(str(error)) from None
        self._archive_id, self._done = archive.id, 0.0
        await self._store.transcripts.move(archive.id, "started")
        await asyncio.to_thread(self._write_plan, archive, plan)
        with self._archives.using(archive.take_id):
            await self._have_tracks(archive)
            made = await self._listen(archive, transcript, model)
        if made is None:
            return  # the server stops: the next one goes on
        await asyncio.to_thread(self._storage.keep_words, self._archives.film_in_the_making(archive), archive.id)
        file = await self.words.give(archive)
        said = {"language": str(made["language"]), "reason": "", "next_at": None}
        await self._changes.transcribed(archive.id, "available", by=self._node, file=file, **said)
        if await self._store.archives.gone([archive.id]):  # it was deleted meanwhile, and for good
            await asyncio.to_thread(self._storage.remove, archive.id)
        log.info("transcript made", **made)

    async def _have_tracks(self, archive: Archive) -> None:
        """Returns when they lie here: they may have been moved to the depot. Raises _Failed."""
        try:
            async with asyncio.timeout(_TRACKS_COME):
                lacks_tracks = self._archives.whereabouts.lacks_tracks
                while lacks_tracks(archive.take_id) and not await self._archives.is_here(archive):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_FOR_TRACKS)
        except TimeoutError:
            raise _Failed("the recording is still on its way here from the depot") from None

    async def _listen(self, archive: Archive, transcript: KeptTranscript, model: Path) -> Message | None:
        self._made, self._failure, self._obstacle = None, "", ""

        def program() -> Program:
            if why_not := self._machine.now().why_no_composer(1):
                raise NotNow(why_not)
            film = self._archives.film_in_the_making(archive)
            command = [
                sys.executable,
                "-m",
                "reelroom.transcribing",
                "--take",
                str(self._archives.folder(archive.take_id)),
            ]
            command += ["--film", str(film), "--start", str(archive.start_us), "--end", str(archive.end_us)]
            command += ["--plan", str(_plan(film)), "--model", str(model), "--language", _code(transcript.asked)]
            return Program(command, log=film.with_suffix(".words.log"), fenced=self._settings.data_dir)

        self._child = Child(
            "transcriber",
            program,
            ids={"archive": archive.id, "take": archive.take_id},
            most_failures=_MOST_FAILURES,
            progress=lambda: self._done,
            on_message=self._receive,
            wanted=lambda: self._node.may_run("transcript", archive.id),
        )
        try:
            await self._child.run()
        except GaveUp as error:
            if self._obstacle:
                raise _Later(self._obstacle) from None
            raise _Failed(f"transcribing failed: {error}") from None
        finally:
            self._child = None
        if self._failure:
            raise _Failed(self._failure)
        return self._made

    def _receive(self, message: Message) -> None:
        if "transcript" in message:
            self._made = message["transcript"]
        elif "failure" in message:
            self._failure = str(message["failure"])
        elif "obstacle" in message:
            self._obstacle = str(message["obstacle"])
        else:
            self._done = float(message.get("done", self._done))

    def _write_plan(self, archive: Archive, plan: str) -> None:
        path = _plan(self._archives.film_in_the_making(archive))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, plan)

    async def _give_up(self, archive_id: str) -> None:
        if archive_id == self._archive_id and self._child is not None:
            await self._child.stop(1.0)

    async def close(self) -> None:
        """Stop; what is under way is gone on with by the next server."""
        if self._running is not None:
            self._running.cancel()
            if self._child is not None:
                await self._child.stop(1.0)
            await asyncio.gather(self._running, return_exceptions=True)
        await self.words.close()


def _plan(film: Path) -> Path:
    return film.with_suffix(".words.plan.json")


def _code(asked: str) -> str:
    """A language as the model has it: en for en-US."""
    return asked.partition("-")[0].lower()
