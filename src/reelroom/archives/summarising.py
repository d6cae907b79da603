"""Summarising: transcripts that ask for it are summed up by the host's language model, one at a time.

Which are to be is in rows; what is known of one is kept beside its film, so that the next run of the server goes on.
"""

import asyncio
import json

import structlog

from reelroom.archives.changes import ArchiveChanges
from reelroom.archives.film_files import FilmFiles
from reelroom.archives.film_words import film_of
from reelroom.archives.language_model import LanguageModel, NoAnswer
from reelroom.archives.library import Archives
from reelroom.config import Settings
from reelroom.cutting.plan import PlanError
from reelroom.errors import Conflict, NotSetUp, Overloaded
from reelroom.files.durable import write_durably
from reelroom.files.films import SUMMARY, WORDS
from reelroom.processes.looks import Looks
from reelroom.processes.machine import Machine
from reelroom.processes.patience import doubling
from reelroom.store.database import CannotWrite, now_ms
from reelroom.store.node import LeaseLost, Node
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.store import Store
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive
from reelroom.transcripts.documents import from_json
from reelroom.transcripts.summary import summary_as_json, wording_of
from reelroom.transcripts.summing_up import (
    Draft,
    Line,
    Question,
    Unusable,
    draft_as_json,
    draft_from_json,
    lines_of,
    next_step,
    read_answer,
    summary_of,
)

_log = structlog.get_logger()

NO_ENDPOINT = "This server sums nothing up: its host has named no language model (REELROOM_SUMMARY_URL)"
_MOST_RUBBISH = 3  # answers to one question that cannot be used
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 900.0  # s between two attempts
_MOST_ATTEMPTS = 100  # about a day of them
_LONGEST_WAIT = 10.0  # s between two looks
_WORDS = WORDS[0]


class _Failed(Exception):
    """There will be no summary; the message says why."""


def next_attempt(attempts: int, now: int) -> int | None:
    """When (ms) one that has failed at `now`, after so many attempts, is tried again; None: never."""
    if attempts + 1 >= _MOST_ATTEMPTS:
        return None
    return now + int(1000 * doubling(attempts, _FIRST_PAUSE, _LONGEST_PAUSE))


class Summarising:
    """Sums up the transcripts of this node."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        films: FilmFiles,
        archives: Archives,
        machine: Machine,
        node: Node,
    ) -> None:
        self._settings = settings
        self._store = store
        self._films = films
        self._archives = archives
        self._changes: ArchiveChanges = archives.changes
        self._machine = machine
        self._node = node
        self._model = LanguageModel(settings)
        self._attempt_now: asyncio.Task[None] | None = None
        self._archive_id = ""  # of the one that is made
        node.when_lost("summary", self._give_up)
        problem = "summaries cannot be read"
        self._looks = Looks(self._look, _LONGEST_WAIT, problem, woken=archives.changes.summable)

    @property
    def possible(self) -> bool:
        """Whether the host has named a model."""
        return self._settings.summary_url != ""

    async def ask(self, archive: Archive) -> None:
        """Have an archive's transcript summed up, or summed up again. Raises NotSetUp, Conflict."""
        if not self.possible:
            raise NotSetUp(NO_ENDPOINT)
        known = await self._store.transcripts.get(archive.id)
        if known is None or known.status != "available" or archive.status not in FILM_IS_MADE:
            raise Conflict("The archive has no transcript: have one made first (POST /archive/:id/transcript)")
        if not await self._archives.may_be_transcribed(archive):
            raise Conflict("Whoever moderates its room wants nothing written down there")
        await self._store.transcripts.ask_for_summary(archive.id, now_ms())
        self._changes.summable.set()

    def start(self) -> None:
        """Sum up, also what an earlier server left."""
        self._looks.start("summaries")

    async def _look(self) -> float | None:
        if self._node.why_not("summary"):
            return None
        found = await self._store.transcripts.to_be_summed_up(self._node.name, now_ms(), 1)
        if found and await self._node.hold("summary", found[0].archive_id) is not None:
            await self._attempt(found[0])
            return 0.0
        return None  # there is none, or another server makes it

    async def _attempt(self, known: KeptTranscript) -> None:
        archive_id = known.archive_id
        log = _log.bind(archive=archive_id, attempt=known.summary_attempts + 1)
        self._archive_id = archive_id
        making = self._attempt_now = asyncio.create_task(self._make(known), name=f"summary {archive_id}")
        try:
            await making
            log.info("transcript summed up")
        except asyncio.CancelledError:
            making.cancel()
            if (own := asyncio.current_task()) is not None and own.cancelling():
                raise
            log.warning("summary is given up")
        except _Failed as error:
            log.error("no summary", reason=str(error))
            await self._changes.summed_up(known, "failed", str(error)[:1024], by=self._node)
        except LeaseLost as error:
            log.error("summary is given up", why=str(error))
        except (NoAnswer, Overloaded, CannotWrite, OSError) as error:
            log.warning("summary waits", why=str(error))
            await self._put_off(known, str(error))
        except Exception:
            log.exception("a summary failed in a way that nobody foresaw")
            await self._put_off(known, "internal error")
        finally:
            self._archive_id, self._attempt_now = "", None
            await self._node.let_go("summary", archive_id)

    async def _put_off(self, known: KeptTranscript, why: str) -> None:
        again = next_attempt(known.summary_attempts, now_ms())
        status = "failed" if again is None else "requested"
        await self._store.transcripts.summed_up(known, status, why[:1024], again)

    async def _make(self, known: KeptTranscript) -> None:
        if not self.possible:
            raise _Failed(NO_ENDPOINT)
        archive = await self._store.archives.get(known.archive_id)
        if archive is None or not await self._archives.may_be_transcribed(archive):
            raise _Failed("whoever moderates its room wants nothing written down there")
        if why_not := self._machine.now().why_no_composer(1):
            raise NoAnswer(why_not)
        words = await self._films.read(archive, _WORDS)
        if words is None:
            raise NoAnswer("the transcript is not on this server yet")
        try:
            said, film = await asyncio.to_thread(from_json, words), film_of(archive)
        except (ValueError, PlanError) as error:
            raise _Failed(f"the transcript cannot be read: {error}") from None
        if not said.passages:
            raise _Failed("nothing that was said could be understood")
        draft = await self._sum_up(archive.id, await asyncio.to_thread(lines_of, said), said.language)
        made = summary_as_json(
            summary_of(draft, said.language), self._model.name, lambda at: film.in_room(film.start + at)
        )
        await asyncio.to_thread(self._write, archive.id, made)
        there = await self._changes.summed_up(known, "available", "", by=self._node, wording=wording_of(said))
        if not there and await self._store.archives.gone([archive.id]):  # it was deleted meanwhile, and for good
            await asyncio.to_thread(self._films.storage.remove, archive.id)

    async def _sum_up(self, archive_id: str, lines: list[Line], language: str) -> Draft:
        answers = await asyncio.to_thread(self._answers, archive_id)
        while True:
            step = await asyncio.to_thread(next_step, lines, language, answers, self._settings.summary_context)
            if isinstance(step, Draft):
                return step
            answers[step.id] = await self._answer(step)
            await asyncio.to_thread(self._keep, archive_id, answers)

    async def _answer(self, question: Question) -> Draft:
        complaint = ""
        for _ in range(_MOST_RUBBISH):
            try:
                return read_answer(question, await self._model.ask(question, complaint))
            except Unusable as error:
                complaint = str(error)[:300]
                _log.warning("an answer of the language model cannot be used", why=complaint)
        raise _Failed(f"the language model's answer cannot be used, {_MOST_RUBBISH} times over: {complaint}")

    def _answers(self, archive_id: str) -> dict[str, Draft]:
        """What an earlier attempt was answered; nothing where that cannot be read."""
        try:
            kept = json.loads(self._films.storage.drafts(archive_id).read_bytes())
            return {asked: draft_from_json(found) for asked, found in kept[self._model.name].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _keep(self, archive_id: str, answers: dict[str, Draft]) -> None:
        kept = {self._model.name: {asked: draft_as_json(draft) for asked, draft in answers.items()}}
        path = self._films.storage.drafts(archive_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, json.dumps(kept, ensure_ascii=False))

    def _write(self, archive_id: str, made: str) -> None:
        path = self._films.storage.path(archive_id, SUMMARY)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, made)
        self._films.storage.drafts(archive_id).unlink(missing_ok=True)

    async def _give_up(self, archive_id: str) -> None:
        if archive_id == self._archive_id and self._attempt_now is not None:
            self._attempt_now.cancel()

    async def close(self) -> None:
        """Stop; what is under way is gone on with by the next server."""
        await self._looks.close()
        await self._model.close()
