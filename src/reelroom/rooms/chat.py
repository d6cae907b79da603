"""The chat of a room's meeting: kept while somebody is there, for who comes later."""

import contextlib
import unicodedata
from collections.abc import Sequence

from reelroom.errors import BadRequest, Forbidden, NotFound
from reelroom.sessions.calls import Sessions
from reelroom.store.chat_lines import ChatLine
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.store import Store

_MOST_LINES = 500  # of a meeting
_MOST_OF_ONE = 200  # of one sender: whoever writes much displaces little of what others have written


class Chats:
    """Each call takes the access token with which somebody is in the session.

    It raises NotFound when they are not there, and Forbidden for a token that is not theirs.
    """

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions

    async def write(self, session_id: str, access_token: str, line_id: str, text: str, reply_to: str) -> None:
        """Somebody has written a line; the same one again is none. Raises BadRequest, and Forbidden for a viewer."""
        person = await self._sessions.person(session_id, access_token)
        if not person.permission.can_publish_data:
            raise Forbidden("You may only watch in this session")
        await self._check_room(session_id)
        text = _printable(text).strip()
        if not text:
            raise BadRequest("text: there is nothing to read in it")
        line = ChatLine(
            session_id=session_id,
            identity=person.identity,
            id=line_id,
            name=person.name[:128],
            text=text,
            reply_to=reply_to,
            written_at=now_ms(),
        )
        with contextlib.suppress(AlreadyThere):
            async with self._store.transaction() as tx:
                await tx.write(line)
                await tx.chat_lines.keep_last(session_id, _MOST_OF_ONE, person.identity)
                await tx.chat_lines.keep_last(session_id, _MOST_LINES)

    async def history(self, session_id: str, access_token: str) -> Sequence[ChatLine]:
        """What was written since somebody is in the room, the first first."""
        await self._sessions.person(session_id, access_token)
        await self._check_room(session_id)
        return await self._store.chat_lines.of_session(session_id)

    async def _check_room(self, session_id: str) -> None:
        if await self._store.rooms.having(session_id) is None:
            raise NotFound("The session is no room's: its application keeps its chat")


def _printable(text: str) -> str:
    """Without letters that control, but for ends of lines."""
    return "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in {"Cc", "Cs"})
