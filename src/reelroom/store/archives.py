"""Archives: which there are, which state follows which, and how their plans change."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, delete, func, or_, select, update

from reelroom.store.corrections import corrections
from reelroom.store.database import Rows, now_ms
from reelroom.store.film_texts import Sought, forget, found, look_in_index
from reelroom.store.states import ARCHIVE_MOVES, RECORDING, UNFINISHED
from reelroom.store.tables import archives, film_texts, renders, sessions, uploads
from reelroom.store.values import Archive, FilmLink

_IDS_IN_A_QUERY = 500
_NEWEST_FIRST = archives.c.created_at.desc(), archives.c.id
_RENDERED = select(renders.c.session_id).where(renders.c.room_session_id == bindparam("session"))
_BINNED = (archives.c.status == "deleted") & archives.c.deleted_from.is_not(None)
_NOT_GONE = (archives.c.status != "deleted") | archives.c.deleted_from.is_not(None)
_EVERY_OF_SESSION = (
    select(archives)
    .where((archives.c.session_id == bindparam("session")) | archives.c.session_id.in_(_RENDERED))
    .order_by(*_NEWEST_FIRST)
)
_OF_SESSION = _EVERY_OF_SESSION.where(archives.c.status != "deleted")
_BIN_OF_SESSION = _EVERY_OF_SESSION.where(_BINNED)
_SOME_OF_SESSION = _OF_SESSION.offset(bindparam("offset", type_=Integer)).limit(bindparam("count", type_=Integer))
# How a list of films may be sorted.
SORTS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "newest": (archives.c.created_at.desc(),),
    "oldest": (archives.c.created_at,),
    "longest": (archives.c.duration_ms.desc(), archives.c.created_at.desc()),
    "title": (func.lower(archives.c.name), archives.c.created_at.desc()),
}


class Archives(Rows[Archive]):
    """Archives by their ids."""

    table, value = archives, Archive

    async def of_render(self, render_id: str) -> Archive | None:
        """The one that a render exists for."""
        return await self._one(select(archives).where(archives.c.render_id == render_id))

    async def of_session(self, session_id: str, offset: int = 0, count: int | None = None) -> Sequence[Archive]:
        """Newest first, without the deleted: those of the session, or of the renders of the room that has it."""
        if count is None:
            return await self._all(_OF_SESSION, session=session_id)
        return await self._all(_SOME_OF_SESSION, session=session_id, offset=offset, count=count)

    async def find(
        self,
        sessions: Collection[str],
        offset: int,
        count: int,
        *,
        sought: Sequence[Sought],
        person: Sought | None = None,
        sort: str,
        binned: bool,
    ) -> tuple[int, Sequence[Archive]]:
        """How many films these sessions, or the renders of the rooms that have them, have; and some of them.

        All that is `sought` is found in each: in its title, in its room's name, in who is in it, or in what is said
        or written in it; and somebody whose name is `person`'s is in it. `sort` is one of SORTS; `binned`: those that
        can be restored, instead of those that are listed.
        """
        query = select(archives).where(_of_sessions(sessions), _BINNED if binned else archives.c.status != "deleted")

        by = (*SORTS[sort], archives.c.id)
        if not sought and person is None:
            return await self._page(query.order_by(*by), offset, count)

        def ids(connection: Connection) -> list[str]:
            # Looked for once: to count them and to show some would be to look twice.
            on_sqlite = connection.dialect.name == "sqlite"
            look_in_index(connection)
            finds = [or_(*_titled(each), found(each, on_sqlite=on_sqlite)) for each in sought]
            if person is not None:
                finds.append(found(person, on_sqlite=on_sqlite, people_only=True))
            held = query.outerjoin(film_texts, film_texts.c.archive_id == archives.c.id).where(*finds)
            return list(connection.scalars(held.with_only_columns(archives.c.id).order_by(*by)))

        every = await self._scope.read(ids)
        some = every[offset : offset + count]
        rows = {each.id: each for each in await self._all(select(archives).where(archives.c.id.in_(some)))}
        return len(every), [rows[each] for each in some if each in rows]

    async def of_project(
        self, project: str, offset: int, count: int, session_id: str | None = None
    ) -> tuple[int, Sequence[Archive]]:
        """How many a project has, and some of them, newest first; deleted ones are left out."""
        query = select(archives).where(_of(project), archives.c.status != "deleted")
        if session_id:
            query = query.where(archives.c.session_id == session_id)
        return await self._page(query.order_by(*_NEWEST_FIRST), offset, count)

    async def get_of_project(self, project: str, archive_id: str) -> Archive | None:
        """The one with that id, if it is the project's."""
        return await self._one(select(archives).where(archives.c.id == archive_id, _of(project)))

    async def recording(self, session_id: str) -> Sequence[Archive]:
        """Those of a session that record, newest first."""
        query = select(archives).where(archives.c.session_id == session_id, archives.c.status.in_(RECORDING))
        return await self._all(query.order_by(*_NEWEST_FIRST))

    async def in_states(self, *statuses: str) -> Sequence[Archive]:
        """All in one of those states."""
        return await self._all(select(archives).where(archives.c.status.in_(statuses)))

    async def unfinished(self) -> Sequence[Archive]:
        """All whose film is not finished; one that waits for its bucket has a film."""
        made = select(uploads.c.archive_id)
        return await self._all(select(archives).where(archives.c.status.in_(UNFINISHED), archives.c.id.not_in(made)))

    async def waiting_to_be_recut(self) -> Sequence[Archive]:
        """All that were cut again, and whose film is not there yet."""
        return await self._all(
            select(archives).where(archives.c.status == "stopped", archives.c.recut_of.is_not(None))
        )

    async def move(self, archive_id: str, status: str, **changes: object) -> Archive | None:
        """Change its state; None, and nothing is changed, when it may not go there from where it is."""
        may = archives.c.id == archive_id, archives.c.status.in_(ARCHIVE_MOVES[status])
        return await self._changed(update(archives).where(*may).values(status=status, updated_at=now_ms(), **changes))

    async def retry(self, archive_id: str) -> Archive | None:
        """One that failed for a passing reason is made again; None when it did not."""
        may = archives.c.id == archive_id, archives.c.status == "failed", archives.c.passing
        again = {"status": "stopped", "passing": False, "updated_at": now_ms()}
        return await self._changed(update(archives).where(*may).values(**again))

    async def delete(self, archive_id: str) -> Archive | None:
        """Into the bin; None, and nothing is changed, while it records and when it is there."""
        return await self.move(archive_id, "deleted", deleted_from=archives.c.status, deleted_at=now_ms())

    async def restore(self, archive_id: str) -> Archive | None:
        """Out of the bin, as it was; None when it does not lie there."""
        back = {"status": archives.c.deleted_from, "deleted_from": None, "deleted_at": None, "updated_at": now_ms()}
        return await self._changed(update(archives).where(archives.c.id == archive_id, _BINNED).values(**back))

    async def in_bin(self, session_id: str) -> Sequence[Archive]:
        """Those of a session, or of the renders of the room that has it, that can be restored, newest first."""
        return await self._all(_BIN_OF_SESSION, session=session_id)

    async def binned(self) -> Sequence[str]:
        """All that can be restored, by id, what was deleted first before the others."""
        return await self._texts(select(archives.c.id).where(_BINNED).order_by(archives.c.deleted_at, archives.c.id))

    async def empty_bin(self, before: int | None = None, archive_id: str | None = None) -> int:
        """What was deleted before that time (ms), or that archive, cannot be restored from now on, nor found."""
        which = archives.c.id == archive_id if archive_id is not None else archives.c.deleted_at < before
        emptied = select(archives.c.id).where(_BINNED, which)
        async with self._scope.writing() as writing:
            await writing.run_sync(lambda connection: forget(connection, film_texts.c.archive_id.in_(emptied)))
            left = select(archives.c.take_id).where(archives.c.id.not_in(emptied), _NOT_GONE)
            theirs = corrections.c.take_id.in_(select(archives.c.take_id).where(archives.c.id.in_(emptied)))
            await writing.execute(delete(corrections).where(theirs, corrections.c.take_id.not_in(left)))
            done = await writing.execute(update(archives).where(_BINNED, which).values(deleted_from=None))
        return done.rowcount

    async def gone(self, archive_ids: Collection[str]) -> Sequence[str]:
        """Those of the archives whose files nobody needs any more."""
        emptied = archives.c.status == "deleted", archives.c.deleted_from.is_(None)
        return await self._texts(select(archives.c.id).where(archives.c.id.in_(archive_ids), *emptied))

    async def opened_by(self, link: FilmLink) -> Sequence[Archive]:
        """The films that a link opens, newest first."""
        theirs = (archives.c.id == link.archive_id) | (archives.c.cut_through == link.id)
        return await self._all(select(archives).where(theirs).order_by(*_NEWEST_FIRST))

    async def rename(self, archive_id: str, name: str) -> Archive | None:
        """Another name; None when there is no such archive."""
        named = update(archives).where(archives.c.id == archive_id).values(name=name, updated_at=now_ms())
        return await self._changed(named)

    async def touch(self, archive_id: str, **file: object) -> Archive | None:
        """Something that belongs to it has changed, and its `file` may have; None when there is no such archive."""
        changed = update(archives).where(archives.c.id == archive_id).values(updated_at=now_ms(), **file)
        return await self._changed(changed)

    async def note_duration(self, archive_id: str, duration_ms: int) -> None:
        """How long its film is."""
        await self._change(update(archives).where(archives.c.id == archive_id).values(duration_ms=duration_ms))

    async def note_file(self, archive_id: str, **file: object) -> Archive | None:
        """What its file is, which is not to be seen yet; None when it is not about to be finished."""
        may = archives.c.id == archive_id, archives.c.status == "stopped"
        return await self._changed(update(archives).where(*may).values(**file))

    async def note_deposited(self, archive_id: str, change: Callable[[str], str]) -> None:
        """Change what a row says of the depot, beginning with what it says now; within a transaction."""
        async with self._scope.writing() as connection:
            query = select(archives.c.deposited).where(archives.c.id == archive_id)
            known = await connection.scalar(query.with_for_update())
            if known is not None:
                changed = update(archives).where(archives.c.id == archive_id).values(deposited=change(known))
                await connection.execute(changed)

    async def of_ids(self, archive_ids: Collection[str]) -> Sequence[Archive]:
        """Those of these that there are."""
        return await self._all(select(archives).where(archives.c.id.in_(archive_ids)))

    async def each_of(self, archive_ids: Sequence[str]) -> AsyncIterator[Archive]:
        """As `of_ids`, of however many: some hundreds are asked for at a time, as they are gone through."""
        for some in range(0, len(archive_ids), _IDS_IN_A_QUERY):
            for archive in await self.of_ids(archive_ids[some : some + _IDS_IN_A_QUERY]):
                yield archive

    async def to_leave_the_depot(self) -> Sequence[Archive]:
        """Those of which something lies in the depot though nobody needs it any more."""
        emptied = archives.c.status == "deleted", archives.c.deleted_from.is_(None), archives.c.deposited != ""
        return await self._all(select(archives).where(*emptied))

    async def replan(self, archive_id: str, change: Callable[[str], str]) -> Archive | None:
        """Change its plan, beginning with the one there is; None when there is no such archive."""
        async with self._scope.writing() as connection:
            query = select(archives.c.plan).where(archives.c.id == archive_id)
            known = await connection.scalar(query.with_for_update())
            if known is None:
                return None
            changed = update(archives).where(archives.c.id == archive_id).values(plan=change(known))
            row = (await connection.execute(changed.returning(*archives.columns))).first()
        return None if row is None else Archive(**row._mapping)


def _of(project: str) -> ColumnElement[bool]:
    return archives.c.session_id.in_(select(sessions.c.id).where(sessions.c.project == project))


def _of_sessions(sessions: Collection[str]) -> ColumnElement[bool]:
    rendered = select(renders.c.session_id).where(renders.c.room_session_id.in_(sessions))
    return archives.c.session_id.in_(sessions) | archives.c.session_id.in_(rendered)


def _titled(sought: Sought) -> list[ColumnElement[bool]]:
    # SQLite knows the case of ASCII alone.
    text = sought.text
    forms = {text, text.lower(), text.upper(), text.capitalize(), text.title()} if not text.isascii() else {text}
    titled: list[ColumnElement[bool]] = [
        archives.c.name.ilike(f"%{_escaped(form)}%", escape="\\") for form in sorted(forms)
    ]
    return [*titled, _of_sessions(sought.named)] if sought.named else titled


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
