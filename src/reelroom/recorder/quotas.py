"""How much one project, and one address, may have running at a time."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from reelroom.config import Settings
from reelroom.errors import TooMany
from reelroom.store.store import Store

_FROM_HERE = "Stop one of them first, or raise REELROOM_{}"


class Quotas:
    """What runs is what the rows say; whose address began it is known to this server, until it is started again."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._begun_from: dict[str, str] = {}  # render -> address
        self._beginning: Counter[str] = Counter()  # by project, and by address

    @asynccontextmanager
    async def beginning(
        self, project: str, address: str = "", *, beside: int = 0
    ) -> AsyncIterator[Callable[[str], None]]:
        """Within, something of a project begins; what it yields takes the id of the render that `address` has begun.

        An address of "" is not counted; `beside` is what runs of the project, and has no row. Raises TooMany.
        """
        most = self._settings.most_of_a_project
        running = beside + self._beginning[project]
        if most and running + await self._store.sessions.running_of(project) >= most:
            hint = _FROM_HERE.format("MOST_OF_A_PROJECT")
            raise TooMany(f"{most} recordings, renders, broadcasts and calls of this project run already. {hint}")
        most = self._settings.most_of_an_address
        if address and most and await self._running_from(address) + self._beginning[address] >= most:
            hint = _FROM_HERE.format("MOST_OF_AN_ADDRESS")
            raise TooMany(f"{most} recordings that your address has begun run already. {hint}")
        counted = [project, address] if address else [project]
        self._beginning.update(counted)
        try:
            yield lambda render_id: self._begun_from.update({render_id: address} if address else {})
        finally:
            self._beginning.subtract(counted)
            self._beginning += Counter()  # drop those at none

    async def _running_from(self, address: str) -> int:
        running = {render.id for render in await self._store.renders.running()}
        self._begun_from = {render: whose for render, whose in self._begun_from.items() if render in running}
        return sum(1 for whose in self._begun_from.values() if whose == address)
