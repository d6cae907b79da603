"""What people in a session say of live captions: that they read them, or that what they say may be in them."""

from pydantic import StrictBool

from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import ByPresence
from reelroom.api.wiring import ServerDependency

router = router_of(refusals=(*REFUSALS, 409, 501, 503))


class CaptionsRequest(ByPresence):
    """What the bearer of the engine's access token wants; what is not named stays as it is.

    `wanted`: captions are sent to them. `published`: captions are made of what they say, in an application's session;
    in a room they are of everybody who does not decline to be recorded.
    """

    wanted: StrictBool | None = None
    published: StrictBool | None = None


@router.post("/session/captions")
async def want_captions(body: CaptionsRequest, server: ServerDependency) -> dict[str, str]:
    """Read live captions, or no more; in a room they begin with whoever wants them first."""
    await server.session_captions.want(
        body.session_id, body.access_token, wanted=body.wanted, published=body.published
    )
    return {}
