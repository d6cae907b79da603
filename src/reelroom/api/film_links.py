"""Links to single films: made, listed and taken back by whoever may change the film, used by whoever has one."""

from typing import Annotated, Literal

from fastapi import Header, Request
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from reelroom.api.admission import admit_editor
from reelroom.api.film_page import CARD
from reelroom.api.rooms import archive_answers
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import ArchiveAnswer
from reelroom.api.wiring import ServerDependency
from reelroom.store.values import FilmLink

router = router_of(refusals=(*REFUSALS, 409))

_DAY = 24 * 3600
Grants = Literal["view", "edit"]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class LinkRequest(_Body):
    """What a link lets its bearer do, and for how long (s)."""

    grants: Grants = "view"
    expires_in: Annotated[int, Field(ge=60, le=366 * _DAY)] = 30 * _DAY


class LinkAnswer(_Body):
    """A link; times in ms. `uses` is how often it was opened, `used_at` when it was last."""

    id: str
    grants: str
    created_at: int
    expires_at: int
    uses: int
    used_at: int | None

    @classmethod
    def of(cls, link: FilmLink) -> "LinkAnswer":
        """As stored."""
        return cls(**_fields(link))


class NewLinkAnswer(LinkAnswer):
    """A new link; its `url` is shown this once."""

    url: str


class SharedFilms(_Body):
    """What a link opens, newest first: its film, and what was cut again through it."""

    link: LinkAnswer
    films: list[ArchiveAnswer]


@router.post("/archive/{archive_id}/link")
async def share(
    archive_id: str, request: Request, server: ServerDependency, body: LinkRequest | None = None
) -> NewLinkAnswer:
    """Make a link to one film, which opens nothing else of its room."""
    archive = await server.archives.get(archive_id)
    await admit_editor(server, request, archive.session_id)
    asked = body or LinkRequest()
    link, secret = await server.sharing.share(archive, asked.grants, asked.expires_in)
    # What opens it stands after "#", where it reaches no log and no other site; what is before it shows a card.
    url = f"{server.settings.base_url}/film/{archive.id}?{CARD}={link.id}#{secret}"
    return NewLinkAnswer(**_fields(link), url=url)


@router.get("/archive/{archive_id}/link")
async def list_links(archive_id: str, request: Request, server: ServerDependency) -> list[LinkAnswer]:
    """The links to a film that work, newest first."""
    archive = await server.archives.get(archive_id)
    await admit_editor(server, request, archive.session_id)
    return [LinkAnswer.of(link) for link in await server.sharing.of(archive)]


@router.delete("/archive/{archive_id}/link/{link_id}", status_code=204)
async def revoke(archive_id: str, link_id: str, request: Request, server: ServerDependency) -> None:
    """Take a link back: it opens nothing any more, and neither does what was opened by it."""
    archive = await server.archives.get(archive_id)
    await admit_editor(server, request, archive.session_id)
    await server.sharing.revoke(archive, link_id)


@router.get("/shared")
async def shared_films(
    server: ServerDependency, secret: Annotated[str, Header(alias="X-Film-Link", max_length=200)] = ""
) -> SharedFilms:
    """What the link opens whose secret the request carries; what lies in the bin only for who may restore it."""
    link, found = await server.sharing.films(secret)
    edits = link.grants == "edit"
    kept = [each for each in found if each.status != "deleted" or (edits and each.deleted_from is not None)]
    films = await archive_answers(server, kept, editable=edits, through=link)
    return SharedFilms(link=LinkAnswer.of(link), films=films)


def _fields(link: FilmLink) -> dict[str, object]:
    return {name: getattr(link, name) for name in LinkAnswer.model_fields}
