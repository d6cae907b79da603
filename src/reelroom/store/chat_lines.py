"""Chat lines: what was written in the meetings that go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select

from reelroom.store.database import Rows
from reelroom.store.tables import chat_lines


@dataclass(frozen=True, kw_only=True)
class ChatLine:
    """What somebody has written in a room; `id` is their own for it.

    `reply_to` names another line, `<identity> <id>`; "" for none.
    """

    session_id: str
    identity: str
    id: str
    name: str
    text: str
    reply_to: str
    written_at: int


class ChatLines(Rows[ChatLine]):
    """Chat lines by session, sender and the sender's id of each."""

    table, value = chat_lines, ChatLine

    async def of_session(self, session_id: str) -> Sequence[ChatLine]:
        """Those of a session, the first first."""
        order = chat_lines.c.written_at, chat_lines.c.identity, chat_lines.c.id
        return await self._all(select(chat_lines).where(chat_lines.c.session_id == session_id).order_by(*order))

    async def keep_last(self, session_id: str, most: int, identity: str | None = None) -> None:
        """Of a session's lines, or of those of one sender, only the last stay: as many, and what was as late."""
        which: list[ColumnElement[bool]] = [chat_lines.c.session_id == session_id]
        if identity is not None:
            which.append(chat_lines.c.identity == identity)
        times = select(chat_lines.c.written_at).where(*which).order_by(chat_lines.c.written_at.desc())
        first = times.limit(1).offset(most - 1).scalar_subquery()
        await self._change(delete(chat_lines).where(*which, chat_lines.c.written_at < first))

    async def forget(self, session_id: str) -> None:
        """Nothing was written."""
        await self._change(delete(chat_lines).where(chat_lines.c.session_id == session_id))
