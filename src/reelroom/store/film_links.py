"""Links to single films: which there are, and how often each was used."""

from collections.abc import Sequence

from sqlalchemy import select, update

from reelroom.store.database import Rows
from reelroom.store.tables import film_links
from reelroom.store.values import FilmLink


class FilmLinks(Rows[FilmLink]):
    """Links by their ids."""

    table, value = film_links, FilmLink

    async def of_secret(self, secret_hash: str) -> FilmLink | None:
        """The one whose secret that is the SHA-256 of."""
        return await self._one(select(film_links).where(film_links.c.secret_hash == secret_hash))

    async def of_archive(self, archive_id: str, now: int) -> Sequence[FilmLink]:
        """Those of a film that hold at `now` (ms), newest first."""
        holding = film_links.c.revoked_at.is_(None), film_links.c.expires_at > now
        query = select(film_links).where(film_links.c.archive_id == archive_id, *holding)
        return await self._all(query.order_by(film_links.c.created_at.desc(), film_links.c.id))

    async def note_use(self, link_id: str, now: int) -> None:
        """It was used once more, at `now` (ms)."""
        used = {"uses": film_links.c.uses + 1, "used_at": now}
        await self._change(update(film_links).where(film_links.c.id == link_id).values(**used))

    async def revoke(self, archive_id: str, link_id: str, now: int) -> bool:
        """It opens nothing from now (ms) on, harmless again; False when the film has no such link."""
        which = film_links.c.id == link_id, film_links.c.archive_id == archive_id
        if await self._change(
            update(film_links).where(*which, film_links.c.revoked_at.is_(None)).values(revoked_at=now)
        ):
            return True
        return await self._one(select(film_links).where(*which)) is not None
