"""What lies in the depot of films that became others: it is kept for whoever still watches, and then it goes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from reelroom.files.deposited import DIGITS, FILMS, Deposited, films_key, name_of, read_deposited
from reelroom.files.depot import Depot
from reelroom.processes.looks import Looks
from reelroom.store.store import Store

_log = structlog.get_logger()

_EVERY = 6 * 3600.0  # s
# For so long a request for what there was may last, and what was just put there waits for its row.
_KEPT = timedelta(days=1)


def superseded(there: Mapping[str, datetime], known: Mapping[str, Deposited], now: datetime) -> Sequence[str]:
    """Which of an archive's objects, by when they came, its row names no more, and nobody can be reading.

    `known` is what the row names. One that another has followed was in use until that came.
    """
    named = {name_of(suffix, file): suffix for suffix, file in known.items()}
    followed = {suffix: there[name] for name, suffix in named.items() if name in there}
    return [
        name
        for name, came in there.items()
        if name not in named and max(came, followed.get(name[DIGITS:], came)) < now - _KEPT
    ]


class Superseded:
    """Looks for it, now and then."""

    def __init__(self, store: Store, depot: Depot) -> None:
        self._store = store
        self._depot = depot
        self._looks = Looks(self.look, _EVERY, "what lies in the depot of earlier films could not be removed")

    def start(self) -> None:
        """Look from now on."""
        self._looks.start("earlier films")

    async def look(self, now: datetime | None = None) -> None:
        """Remove what nobody needs. Raises DepotError."""
        found: dict[str, dict[str, datetime]] = defaultdict(dict)
        for path, came in await self._depot.when_they_came(FILMS):
            archive_id, _, name = path.partition("/")
            found[archive_id][name] = came
        async for archive in self._store.archives.each_of(sorted(found)):
            known = read_deposited(archive.deposited)
            for name in superseded(found[archive.id], known, now or datetime.now(UTC)):
                await self._depot.remove_one(f"{films_key(archive.id)}/{name}")
                _log.info("an earlier film has left the depot", archive=archive.id, file=name)

    async def close(self) -> None:
        """Look no more."""
        await self._looks.close()
