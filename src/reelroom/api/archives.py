"""What is done with an archive that is over: cut it again, or delete it."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from reelroom.api.admission import admit_editor
from reelroom.api.rooms import archive_answers
from reelroom.api.shapes import ArchiveAnswer, ErrorAnswer
from reelroom.api.wiring import ServerDependency
from reelroom.cutting.recut import RecutOrder

router = APIRouter(responses={status: {"model": ErrorAnswer} for status in (400, 403, 404, 409, 410)})

_Seconds = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class RecutRequest(BaseModel):
    """What the new film shall be; what is left out stays as it was.

    `from` and `to` are in s from the start of the archive's film: negative, or beyond its end, for what was recorded
    before and after. `rules` are those of a plan (docs/formats.md), with times in s; `rate` is in pictures a second.
    """

    model_config = ConfigDict(extra="forbid")

    layout: StrictStr | None = None
    rules: dict[StrictStr, StrictBool | _Seconds | None] | None = None
    screenshare_type: Annotated[StrictStr | None, Field(alias="screenshareType")] = None
    resolution: StrictStr | None = None
    rate: StrictInt | None = None
    begin: Annotated[_Seconds | None, Field(alias="from")] = None
    end: Annotated[_Seconds | None, Field(alias="to")] = None


@router.post("/archive/{archive_id}/recut")
async def recut(
    archive_id: str, request: Request, server: ServerDependency, body: RecutRequest | None = None
) -> ArchiveAnswer:
    """Make a new archive of what another was cut from; answers at once, the film is made in the background."""
    archive = await server.archives.get(archive_id)
    await admit_editor(server, request, archive.session_id)
    asked = body or RecutRequest()
    wish = RecutOrder(
        *(asked.layout, asked.rules, asked.resolution, asked.begin, asked.end, asked.rate, asked.screenshare_type)
    )
    (answer,) = await archive_answers(server, [await server.archives.recut(archive_id, wish)], editable=True)
    return answer


@router.delete("/archive/{archive_id}", status_code=204)
async def delete(archive_id: str, request: Request, server: ServerDependency) -> None:
    """Remove an archive's film and all that belongs to it; harmless when that was done."""
    archive = await server.archives.get(archive_id)
    await admit_editor(server, request, archive.session_id)
    await server.archives.delete(archive_id)
