"""How many films may wait to be made again: in all, and of one recording."""

from reelroom.errors import Overloaded, TooMany
from reelroom.store.store import Store


async def has_room(store: Store, take_id: str, most: int) -> None:
    """Whether one more film may wait, of `most` in all and a fifth of one take. Raises TooMany, Overloaded."""
    waiting = await store.archives.waiting_to_be_recut()
    if sum(1 for each in waiting if each.take_id == take_id) >= max(1, most // 5):
        raise TooMany("Films of this recording are being made already: wait until some of them are there")
    if len(waiting) >= most:
        raise Overloaded(f"{len(waiting)} films wait to be made: wait until some of them are there")
