"""Where the engine says what happens in its rooms: taken only with the engine's own signature."""

from typing import Annotated

from fastapi import Header, Request
from livekit import api

from reelroom.api.routers import router_of
from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden

router = router_of(include_in_schema=False)


@router.post("/engine/events")
async def take_event(
    request: Request, server: ServerDependency, authorization: Annotated[str, Header()] = ""
) -> dict[str, str]:
    """One event, as LiveKit's webhooks have it."""
    verifier = api.TokenVerifier(server.keys.engine_key, server.keys.engine_secret)
    try:
        event = api.WebhookReceiver(verifier).receive((await request.body()).decode(), authorization)
    except Exception:  # the library raises whatever its parsers do
        raise Forbidden("The event is not signed by this server's engine") from None
    await server.monitoring.take(event)
    return {}
