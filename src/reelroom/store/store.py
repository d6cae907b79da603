"""All that the server remembers, in one database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from reelroom.store.admissions import Admissions
from reelroom.store.announcements import Announcements
from reelroom.store.archives import Archives
from reelroom.store.broadcasts import Broadcasts
from reelroom.store.captionings import Captionings
from reelroom.store.chat_lines import ChatLines
from reelroom.store.corrections import Corrections
from reelroom.store.database import Database, Joined, Scope
from reelroom.store.film_links import FilmLinks
from reelroom.store.film_texts import FilmTexts
from reelroom.store.invitations import Invitations
from reelroom.store.knocks import Knocks
from reelroom.store.leases import Leases
from reelroom.store.outbox import Callbacks, Outbox
from reelroom.store.projects import Projects
from reelroom.store.renders import Renders
from reelroom.store.schema import DatabaseError, database_url, pending
from reelroom.store.sessions import Rooms, Sessions
from reelroom.store.takes import Takes
from reelroom.store.telephones import TelephoneCalls, TelephoneNumbers
from reelroom.store.transcripts import Transcripts
from reelroom.store.uploads import Buckets, Uploads
from reelroom.store.values import Archive
from reelroom.store.visits import Visits


class Rowsets:
    """The rows of every table, each query in a transaction of its own, or all in one."""

    def __init__(self, scope: Scope) -> None:
        self.sessions = Sessions(scope)
        self.rooms = Rooms(scope)
        self.takes = Takes(scope)
        self.renders = Renders(scope)
        self.archives = Archives(scope)
        self.film_links = FilmLinks(scope)
        self.invitations = Invitations(scope)
        self.admissions = Admissions(scope)
        self.knocks = Knocks(scope)
        self.chat_lines = ChatLines(scope)
        self.broadcasts = Broadcasts(scope)
        self.telephone_calls = TelephoneCalls(scope)
        self.telephone_numbers = TelephoneNumbers(scope)
        self.captionings = Captionings(scope)
        self.projects = Projects(scope)
        self.callbacks = Callbacks(scope)
        self.outbox = Outbox(scope)
        self.buckets = Buckets(scope)
        self.uploads = Uploads(scope)
        self.transcripts = Transcripts(scope)
        self.corrections = Corrections(scope)
        self.film_texts = FilmTexts(scope)
        self.visits = Visits(scope)
        self.leases = Leases(scope)
        self.announcements = Announcements(scope)
        self._by_value: dict[type, Any] = {
            rows.value: rows
            for rows in (
                *(self.sessions, self.rooms, self.takes, self.renders, self.archives, self.broadcasts),
                *(self.projects, self.callbacks, self.buckets, self.uploads, self.visits, self.leases),
                *(self.film_links, self.invitations, self.admissions, self.knocks, self.telephone_calls),
                *(self.transcripts, self.telephone_numbers, self.captionings, self.chat_lines),
            )
        }

    async def write(self, *values: object) -> None:
        """Write new rows of any kind. Raises AlreadyThere."""
        for value in values:
            await self._by_value[type(value)].add(value)


class Store(Rowsets):
    """Short transactions, one a query; `transaction` holds several together."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self.has_clock = url.startswith("postgresql")  # of its own, on whatever machine it runs
        super().__init__(self._database)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Rowsets]:
        """All that is read and written within is one; nothing of it is done when an exception leaves it."""
        async with self._database.writing() as connection:
            yield Rowsets(Joined(connection))

    async def add(self, *values: object) -> None:
        """Write new rows of any kind, all or none. Raises AlreadyThere."""
        async with self.transaction() as tx:
            await tx.write(*values)

    async def close(self) -> None:
        """Close all connections."""
        await self._database.close()


async def find_archive(data_dir: Path, url: str, archive_id: str) -> Archive | None:
    """An archive of a data directory, whether a server works there or not. Raises DatabaseError."""
    if url == database_url(data_dir) and not (data_dir / "reelroom.db").exists():
        raise DatabaseError(f"{data_dir} is no data directory: it holds no reelroom.db")
    if await asyncio.to_thread(pending, url):
        raise DatabaseError("The database is of an earlier version: `reelroom upgrade` brings it up")
    store = Store(url)
    try:
        return await store.archives.get(archive_id)
    finally:
        await store.close()
