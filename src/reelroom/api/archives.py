"""What is done with an archive that is over: rename it, cut it again, delete it and think better of it."""

from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from reelroom.api.admission import admit_editor, admit_to_film
from reelroom.api.rooms import archive_answer
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import ArchiveAnswer, EncryptionKey
from reelroom.api.wiring import ServerDependency
from reelroom.archives.by_words import WordsOrder, left_by_words
from reelroom.archives.corrections import Line
from reelroom.archives.transcript_order import TranscriptOrder
from reelroom.cutting.recut import RecutOrder
from reelroom.errors import BadRequest, Conflict
from reelroom.rooms.names import LONGEST_NAME, is_one_line
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.values import Archive

router = router_of(refusals=(*REFUSALS, 409, 410))

_MOST_RUNS = 5000
_LONGEST_LINE = 20_000
_Seconds = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class RangeBody(BaseModel):
    """What of a film is kept: [from, to), in s from its start."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    begin: Annotated[_Seconds, Field(alias="from")]
    end: Annotated[_Seconds, Field(alias="to")]


class WordRun(BaseModel):
    """Words of a transcript, the `first` and the `last` of them, by their numbers in all of it, from 0."""

    model_config = ConfigDict(extra="forbid")

    first: StrictInt
    last: StrictInt


class WordsChosen(BaseModel):
    """Which words of the transcript the new film keeps, or which it does not."""

    model_config = ConfigDict(extra="forbid")

    keep: Annotated[list[WordRun], Field(min_length=1, max_length=_MOST_RUNS)] | None = None
    drop: Annotated[list[WordRun], Field(max_length=_MOST_RUNS)] | None = None


class Tidying(BaseModel):
    """What is left out that nobody misses: fillers, such as um, and silences of more than `pauses` s (null: none)."""

    model_config = ConfigDict(extra="forbid")

    fillers: StrictBool = True
    pauses: _Seconds | None = 2.0


class RecutRequest(BaseModel):
    """What the new film shall be; what is left out stays as it was.

    `encryptionKey` opens what is encrypted end to end: it is kept with no film, so each needs it again.
    `from` and `to` are in s from the start of the archive's film: negative, or beyond its end, for what was recorded
    before and after. Instead of them, `ranges` are what is kept, in order; or `words` and `tidy` say what is not.
    Cuts between ranges are laid into silences near by.

    `rules` are those of a plan (docs/formats.md), with times in s; `rate` is in pictures a second. `splice`: whether
    pictures that a camera encoded are copied. `name` is the new film's own.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StrictStr | None, Field(max_length=LONGEST_NAME)] = None
    layout: StrictStr | None = None
    rules: dict[StrictStr, StrictBool | _Seconds | None] | None = None
    screenshare_type: Annotated[StrictStr | None, Field(alias="screenshareType")] = None
    resolution: StrictStr | None = None
    rate: StrictInt | None = None
    splice: Literal["auto", "never"] | None = None
    begin: Annotated[_Seconds | None, Field(alias="from")] = None
    end: Annotated[_Seconds | None, Field(alias="to")] = None
    key: Annotated[EncryptionKey | None, Field(alias="encryptionKey")] = None
    ranges: list[RangeBody] | None = None
    words: WordsChosen | None = None
    tidy: Tidying | None = None

    @property
    def by_words(self) -> WordsOrder | None:
        """What to leave out; None where that is not said by words. Raises BadRequest."""
        if self.words is None and self.tidy is None:
            return None
        if self.ranges is not None or self.begin is not None or self.end is not None:
            raise BadRequest("words, tidy: either these, or ranges, or from and to")
        words, tidy = self.words or WordsChosen(), self.tidy or Tidying(fillers=False, pauses=None)
        return WordsOrder(_runs(words.keep), _runs(words.drop), tidy.fillers, tidy.pauses)


def _runs(runs: list[WordRun] | None) -> tuple[tuple[int, int], ...] | None:
    return None if runs is None else tuple((run.first, run.last) for run in runs)


class RecutPreview(BaseModel):
    """What a film would keep, in s from the start of the one there is; its `duration`, and what it `saves`, in s."""

    ranges: list[RangeBody]
    duration: float
    saves: float


class RenameRequest(BaseModel):
    """What a film is to be called; downloads are, too."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StrictStr, Field(max_length=LONGEST_NAME)]


@router.post("/archive/{archive_id}/recut")
async def recut(
    archive_id: str, request: Request, server: ServerDependency, body: RecutRequest | None = None
) -> ArchiveAnswer:
    """Make a new archive of what another was cut from; answers at once, the film is made in the background.

    Who was let in by the film's link may see and change the new one by that link, too.
    """
    archive = await server.archives.get(archive_id)
    link = await admit_to_film(server, request, archive)
    asked = body or RecutRequest()
    ranges = tuple((each.begin, each.end) for each in asked.ranges) if asked.ranges is not None else None
    if (by_words := asked.by_words) is not None:
        ranges = (await left_by_words(server.films, archive, by_words)).ranges
    wish = RecutOrder(
        *(asked.layout, asked.rules, asked.resolution, asked.begin, asked.end, asked.rate, asked.screenshare_type),
        key=asked.key.get_secret_value() if asked.key else "",
        ranges=ranges,
        splice=asked.splice,
        name=None if asked.name is None else _film_name(asked.name),
    )
    made = await server.archives.recut(archive_id, wish, through=link.id if link else None)
    return await archive_answer(server, made, editable=True, through=link)


@router.post("/archive/{archive_id}/recut/preview")
async def preview_recut(
    archive_id: str, request: Request, server: ServerDependency, body: RecutRequest | None = None
) -> RecutPreview:
    """What would be left of a film that is cut by its words, or rid of fillers and long silences; makes nothing.

    The ranges can be sent to be cut as they are, or changed before.
    """
    archive = await server.archives.get(archive_id)
    await admit_to_film(server, request, archive)
    if body is None or (by_words := body.by_words) is None:
        raise BadRequest("words or tidy: nothing else has to be looked at before")
    left = await left_by_words(server.films, archive, by_words)
    return RecutPreview(
        ranges=[RangeBody(begin=round(begin, 3), end=round(end, 3)) for begin, end in left.ranges],
        duration=round(left.duration, 3),
        saves=round(left.length - left.duration, 3),
    )


@router.patch("/archive/{archive_id}")
async def rename(archive_id: str, request: Request, server: ServerDependency, body: RenameRequest) -> ArchiveAnswer:
    """Give a film another name."""
    archive = await server.archives.get(archive_id)
    link = await admit_to_film(server, request, archive)
    renamed = await server.archives.rename(archive_id, _film_name(body.name))
    return await archive_answer(server, renamed, editable=True, through=link)


def _film_name(text: str) -> str:
    """As it is kept. Raises BadRequest."""
    name = text.strip()
    if not is_one_line(name):
        raise BadRequest("A film's name has no control characters")
    return name


class TranscriptRequest(BaseModel):
    """In which language people speak (BCP 47, as en or pt-BR); where nothing is said, that is found out.

    `summary`: it is to be summed up, too, as all are where the server's settings say so.
    """

    model_config = ConfigDict(extra="forbid")

    language: Annotated[StrictStr, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)] | None = None
    summary: StrictBool = False


@router.post("/archive/{archive_id}/transcript")
async def transcribe(
    archive_id: str, request: Request, server: ServerDependency, body: TranscriptRequest | None = None
) -> ArchiveAnswer:
    """Have what is said in an archive written down, or written down again; answers at once."""
    archive = await server.archives.get(archive_id)
    link = await admit_to_film(server, request, archive)
    asked = body or TranscriptRequest()
    await server.transcribing.ask(archive, TranscriptOrder(asked.language or "", summary=asked.summary))
    return await archive_answer(server, await server.archives.get(archive_id), editable=True, through=link)


@router.post("/archive/{archive_id}/summary")
async def sum_up(archive_id: str, request: Request, server: ServerDependency) -> ArchiveAnswer:
    """Have an archive's transcript summed up, or summed up again; answers at once."""
    archive = await server.archives.get(archive_id)
    link = await admit_to_film(server, request, archive)
    await server.summarising.ask(archive)
    return await archive_answer(server, await server.archives.get(archive_id), editable=True, through=link)


class CorrectionRequest(BaseModel):
    """A line of a transcript, by `participant` and `from` (s), as its JSON has them; what was said, and by whom."""

    model_config = ConfigDict(extra="forbid")

    participant: Annotated[StrictStr, Field(max_length=255)]
    begin: Annotated[_Seconds, Field(alias="from")]
    text: Annotated[StrictStr, Field(min_length=1, max_length=_LONGEST_LINE)]
    name: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_NAME)] | None = None


@router.post("/archive/{archive_id}/transcript/corrections")
async def correct(
    archive_id: str, request: Request, server: ServerDependency, body: CorrectionRequest
) -> ArchiveAnswer:
    """Say what was said where something else was understood: in this film and all others of its recording.

    The texts are as told when this answers, the captions in the MP4 a moment later.
    """
    archive = await server.archives.get(archive_id)
    link = await admit_to_film(server, request, archive)
    _check_transcript(archive)
    name = "" if body.name is None else _film_name(body.name)
    await server.corrections.correct(archive, Line(body.participant, body.begin), body.text, name)
    return await archive_answer(server, await server.archives.get(archive_id), editable=True, through=link)


@router.delete("/archive/{archive_id}/transcript/corrections/{correction_id}")
async def undo_correction(
    archive_id: str, correction_id: str, request: Request, server: ServerDependency
) -> ArchiveAnswer:
    """What was understood counts again."""
    archive = await server.archives.get(archive_id)
    link = await admit_to_film(server, request, archive)
    _check_transcript(archive)
    await server.corrections.undo(archive, correction_id)
    return await archive_answer(server, await server.archives.get(archive_id), editable=True, through=link)


def _check_transcript(archive: Archive) -> None:
    if archive.status not in FILM_IS_MADE:
        raise Conflict(f"An archive that is {archive.status} has no transcript to be corrected")


@router.delete("/archive/{archive_id}", status_code=204)
async def delete(
    archive_id: str, request: Request, server: ServerDependency, forever: Annotated[bool, Query()] = False
) -> None:
    """Put an archive's film into the bin, harmless when that was done; `forever`: remove it."""
    archive = await server.archives.get(archive_id)
    if forever:  # a film's link does not do: what it changes can be undone
        await admit_editor(server, request, archive.session_id)
    else:
        await admit_to_film(server, request, archive)
    await server.archives.delete(archive_id, forever=forever)


@router.post("/archive/{archive_id}/restore")
async def restore(archive_id: str, request: Request, server: ServerDependency) -> ArchiveAnswer:
    """Take a film out of the bin, as it was; harmless when it is not in it."""
    archive = await server.archives.get(archive_id)
    link = await admit_to_film(server, request, archive)
    return await archive_answer(server, await server.archives.restore(archive_id), editable=True, through=link)
