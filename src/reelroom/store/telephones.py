"""Telephones of sessions: their calls, and the numbers by which they come in."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from reelroom.store.database import Rows, now_ms
from reelroom.store.states import CALL_MOVES
from reelroom.store.tables import telephone_calls, telephone_numbers
from reelroom.store.values import TelephoneCall, TelephoneNumber


class TelephoneCalls(Rows[TelephoneCall]):
    """Calls by their ids."""

    table, value = telephone_calls, TelephoneCall

    async def running(self, session_id: str | None = None) -> Sequence[TelephoneCall]:
        """All that have not ended, of a session or of all, oldest first."""
        query = select(telephone_calls).where(telephone_calls.c.state != "HANGUP")
        if session_id is not None:
            query = query.where(telephone_calls.c.session_id == session_id)
        return await self._all(query.order_by(telephone_calls.c.created_at, telephone_calls.c.id))

    async def enter(self, call_id: str, stream_id: str) -> None:
        """It is in its session, with that stream."""
        entered = update(telephone_calls).where(telephone_calls.c.id == call_id).values(stream_id=stream_id)
        await self._change(entered)

    async def move(self, call_id: str, state: str, **changes: Any) -> TelephoneCall | None:
        """Into another state, with what is known by now; None where it cannot go there, or is there already."""
        may = telephone_calls.c.id == call_id, telephone_calls.c.state.in_(CALL_MOVES[state])
        changed = update(telephone_calls).where(*may).values(state=state, updated_at=now_ms(), **changes)
        return await self._changed(changed)


class TelephoneNumbers(Rows[TelephoneNumber]):
    """Numbers by their sessions, each of which has one at most."""

    table, value = telephone_numbers, TelephoneNumber

    async def find(self, number: str) -> TelephoneNumber | None:
        """The one that somebody has dialled."""
        return await self._one(select(telephone_numbers).where(telephone_numbers.c.number == number))

    async def remove(self, session_id: str) -> bool:
        """It leads nowhere any more; False where there was none."""
        gone = delete(telephone_numbers).where(telephone_numbers.c.session_id == session_id)
        return await self._change(gone) > 0
