"""OpenTok's calls about live captions: have what is said in a session shown as text, and end that."""

import re
from typing import Annotated, Any

from fastapi import Response
from pydantic import Field, StrictInt, StrictStr, field_validator

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.captions.answer import captions_answer
from reelroom.captions.calls import LONGEST_SECONDS, CaptionsWish
from reelroom.opentok.tokens import LONGEST_TOKEN

router = project_router("/captions", tag="OpenTok: live captions")

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class StartCaptions(Body):
    """A session, a moderator's token for it, and what captions are to be."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    token: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_TOKEN)]
    language_code: StrictStr | None = None
    max_duration: Annotated[StrictInt, Field(ge=300, le=LONGEST_SECONDS)] | None = None
    partial_captions: bool | None = None  # a text, from @vonage/video
    status_callback_url: Annotated[StrictStr, Field(pattern=r"^https?://", min_length=15, max_length=2048)] | None = (
        None
    )

    @field_validator("language_code")
    @classmethod
    def _is_language(cls, code: str | None) -> str | None:
        if code is not None and not _LANGUAGE.fullmatch(code):
            raise ValueError("a language such as en-US")
        return code

    @field_validator("status_callback_url", mode="before")
    @classmethod
    def _may_be_empty(cls, url: Any) -> Any:
        return url or None

    def wish(self) -> CaptionsWish:
        """With the defaults filled in."""
        return CaptionsWish(
            language=self.language_code or "en-US",
            partial=self.partial_captions is not False,
            max_duration=self.max_duration or LONGEST_SECONDS,
            callback_url=self.status_callback_url or "",
        )


@router.post("", status_code=202)
async def start(body: StartCaptions, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """Begin live captions; a session has them once at a time."""
    captioning = await server.session_captions.start(project, body.session_id, body.token, body.wish())
    return {"captionsId": captioning.id}


@router.get("/{captions_id}")
async def status(captions_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """How they stand."""
    return captions_answer(await server.session_captions.get(project, captions_id), project)


@router.post("/{captions_id}/stop", status_code=202)
async def stop(captions_id: str, server: ServerDependency, project: ProjectDependency) -> Response:
    """End them."""
    await server.session_captions.stop(project, captions_id)
    return Response(status_code=202)
