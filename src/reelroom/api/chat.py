"""The chat of a room: what the page of whoever writes has kept, and what who comes later reads."""

from typing import Annotated

from pydantic import Field, StrictStr

from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import Body, ByPresence
from reelroom.api.wiring import ServerDependency

router = router_of("/session/chat", refusals=REFUSALS)

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class HistoryRequest(ByPresence):
    """Who asks: the bearer of the engine's access token, with which they are in the session."""


class WriteRequest(HistoryRequest):
    """A line; `id` is the sender's own for it, and `reply_to` names another: `<identity> <id>`."""

    id: Annotated[StrictStr, Field(pattern=f"^{_UUID}$")]
    text: Annotated[StrictStr, Field(min_length=1, max_length=2000)]
    reply_to: Annotated[StrictStr, Field(pattern=f"^(|{_UUID} {_UUID})$")] = ""


class LineAnswer(Body):
    """A line as it was written; `identity`: whose. `at` in ms."""

    identity: str
    id: str
    name: str
    text: str
    reply_to: str
    at: int


class HistoryAnswer(Body):
    """What was written since somebody is in the room, the first first; the oldest of much is gone."""

    lines: list[LineAnswer]


@router.post("")
async def write(body: WriteRequest, server: ServerDependency) -> dict[str, str]:
    """Keep a line for who comes later; whoever is there has it from its sender."""
    await server.chats.write(body.session_id, body.access_token, body.id, body.text, body.reply_to)
    return {}


@router.post("/history")
async def history(body: HistoryRequest, server: ServerDependency) -> HistoryAnswer:
    """What was written before one came, or came again."""
    lines = await server.chats.history(body.session_id, body.access_token)
    return HistoryAnswer(
        lines=[
            LineAnswer(
                identity=each.identity,
                id=each.id,
                name=each.name,
                text=each.text,
                reply_to=each.reply_to,
                at=each.written_at,
            )
            for each in lines
        ]
    )
