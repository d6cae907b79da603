"""What films hold that can be found: SQLite's FTS5, or PostgreSQL's text search, over tokens that we have made."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from reelroom.store.database import Rows
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.tables import archives, film_texts, takes
from reelroom.store.values import Archive

_OF_SOME = select(film_texts).where(film_texts.c.archive_id.in_(bindparam("archives", expanding=True)))
# Each database has a table of its own kind by this name.
_fts = table("film_tokens", column("rowid", Integer), column("film_tokens"), column("people"), column("said"))
_vectors = table("film_tokens", column("number", Integer), column("people"), column("said"))


@dataclass(frozen=True, kw_only=True)
class FilmText:
    """What can be found of an archive, as it was when it changed at `as_of` (ms).

    `people` are the names of who is in it; `moments` are what is said and written in it: ms from its start, `words`
    or `chat`, whose, and the text.
    """

    number: int = 0
    archive_id: str
    as_of: int
    people: Sequence[str] = ()
    moments: Sequence[tuple[int, str, str, str]] = ()


@dataclass(frozen=True)
class Sought:
    """One word that is sought: `text` as it stands, in titles; in what films hold, all `whole` tokens and a `start`.

    That one begins a token. The sessions `named` are those of rooms that are called so.
    """

    text: str
    whole: tuple[str, ...] = ()
    start: str = ""
    named: tuple[str, ...] = ()


class FilmTexts(Rows[FilmText]):
    """What can be found, by archive."""

    table, value = film_texts, FilmText

    async def of_archives(self, ids: Collection[str]) -> dict[str, FilmText]:
        """Those that these archives have."""
        return {each.archive_id: each for each in await self._all(_OF_SOME, archives=list(ids))} if ids else {}

    async def due(self, node: str, most: int) -> Sequence[Archive]:
        """Archives whose films lie with a node, and which have changed since they were looked at last."""
        known = film_texts.c.archive_id == archives.c.id
        query = (
            select(archives)
            .join(takes, takes.c.id == archives.c.take_id)
            .outerjoin(film_texts, known)
            .where(archives.c.status.in_(FILM_IS_MADE), takes.c.node.in_(("", node)))
            .where(or_(film_texts.c.as_of.is_(None), film_texts.c.as_of != archives.c.updated_at))
        )
        scope = self._scope
        rows = await scope.read(lambda connection: connection.execute(query.limit(most)).all())
        return [Archive(**row._mapping) for row in rows]

    async def put(self, known: FilmText, people: Collection[str], said: Collection[str]) -> None:
        """From now on an archive is found by these tokens; within a transaction."""
        await self.remove(known.archive_id)
        async with self._scope.writing() as writing:
            values = {"archive_id": known.archive_id, "as_of": known.as_of}
            values |= {"people": list(known.people), "moments": [list(each) for each in known.moments]}
            row = await writing.execute(insert(film_texts).values(**values).returning(film_texts.c.number))
            number = row.scalar_one()
            await writing.run_sync(lambda connection: connection.execute(_added(connection, number, people, said)))

    async def remove(self, archive_id: str) -> None:
        """An archive is found no more; within a transaction."""
        async with self._scope.writing() as writing:
            await writing.run_sync(lambda connection: forget(connection, film_texts.c.archive_id == archive_id))


def forget(connection: Connection, which: ColumnElement[bool]) -> None:
    """What is found of these is found no more."""
    numbers = select(film_texts.c.number).where(which)
    key = _fts.c.rowid if connection.dialect.name == "sqlite" else _vectors.c.number
    connection.execute(delete(key.table).where(key.in_(numbers)))  # type: ignore[arg-type]
    connection.execute(delete(film_texts).where(which))


def look_in_index(connection: Connection) -> None:
    """What is read in this transaction is looked for by index. PostgreSQL would read all tokens of all films instead.

    It reckons with the size of a table without what is kept apart from it (TOAST): nearly all of this one.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(
            select(func.set_config("enable_seqscan", "off", True), func.set_config("jit", "off", True))
        )


def _added(connection: Connection, number: int, people: Collection[str], said: Collection[str]) -> Executable:
    if connection.dialect.name == "sqlite":
        row = {"rowid": number, "people": " ".join(sorted(people)), "said": " ".join(sorted(said))}
        return insert(_fts).values(**row)
    return insert(_vectors).values(number=number, people=_vector(people), said=_vector(said))


def _vector(tokens: Collection[str]) -> ColumnElement[Any]:
    return func.array_to_tsvector(cast(sorted(tokens), ARRAY(String)))


def found(sought: Sought, *, on_sqlite: bool, people_only: bool = False) -> ColumnElement[bool]:
    """Whether what an archive holds has all of these tokens, wherever each is: of a query that joins film_texts."""
    parts = [_with(token, "", on_sqlite=on_sqlite, people_only=people_only) for token in sought.whole]
    if sought.start:
        parts.append(_with(sought.start, "*", on_sqlite=on_sqlite, people_only=people_only))
    return and_(*parts) if parts else literal_column("1 = 0")


def _with(token: str, more: str, *, on_sqlite: bool, people_only: bool) -> ColumnElement[bool]:
    if on_sqlite:
        wanted = f'"{token}"{more}'
        match = _fts.c.film_tokens.op("match")(f"people : {wanted}" if people_only else wanted)
        numbers = select(_fts.c.rowid).where(match)
    else:
        query = cast(f"'{token}'{':*' if more else ''}", TSQUERY)
        match = _vectors.c.people.op("@@")(query)
        numbers = select(_vectors.c.number).where(
            match if people_only else or_(match, _vectors.c.said.op("@@")(query))
        )
    return film_texts.c.number.in_(numbers)
