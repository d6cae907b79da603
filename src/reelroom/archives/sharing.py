"""Links to single films: the right to watch one, or to change it, for whoever has the link."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from uuid import uuid4

import structlog

from reelroom.errors import Conflict, Forbidden, NotFound
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Archive, FilmLink

_log = structlog.get_logger()

_MOST_LINKS = 100  # of one film at a time
_SECRET = re.compile(r"[0-9A-Za-z_-]{43}")
_OVER = "This link has ended, or was taken back"


class Sharing:
    """The links there are; of their secrets only hashes are kept, so a link is shown once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def share(self, archive: Archive, grants: str, seconds: int) -> tuple[FilmLink, str]:
        """A new link to a film, which grants "view" or "edit"; and its secret. Raises NotFound, Conflict."""
        if archive.status == "deleted":
            raise NotFound(f"There is no archive {archive.id}")
        if len(await self.of(archive)) >= _MOST_LINKS:
            raise Conflict(f"A film has at most {_MOST_LINKS} links at a time: take one back first")
        secret, now = secrets.token_urlsafe(32), now_ms()
        link = FilmLink(
            id=str(uuid4()),
            archive_id=archive.id,
            secret_hash=_hash(secret),
            grants=grants,
            created_at=now,
            expires_at=now + seconds * 1000,
        )
        await self._store.add(link)
        _log.info("film shared", archive=archive.id, link=link.id, grants=grants)
        return link, secret

    async def of(self, archive: Archive) -> Sequence[FilmLink]:
        """A film's links that hold, newest first."""
        return await self._store.film_links.of_archive(archive.id, now_ms())

    async def revoke(self, archive: Archive, link_id: str) -> None:
        """A link opens nothing any more; harmless again. Raises NotFound."""
        if not await self._store.film_links.revoke(archive.id, link_id, now_ms()):
            raise NotFound("The film has no such link")
        _log.info("film's link revoked", archive=archive.id, link=link_id)

    async def opened(self, secret: str) -> FilmLink:
        """The link with that secret. Raises Forbidden for none, and for one that has ended or was revoked."""
        link = await self._store.film_links.of_secret(_hash(secret)) if _SECRET.fullmatch(secret) else None
        if link is None:
            raise Forbidden("This link to a film is not valid")
        if not link.holds(now_ms()):
            raise Forbidden(_OVER)
        return link

    async def films(self, secret: str) -> tuple[FilmLink, Sequence[Archive]]:
        """A link and the films that it opens, newest first; one that can be watched counts as a use. As `opened`."""
        link = await self.opened(secret)
        found = await self._store.archives.opened_by(link)
        if any(archive.status == "available" for archive in found):
            await self._store.film_links.note_use(link.id, now_ms())
        return link, found

    async def still_holds(self, link_id: str) -> FilmLink:
        """The link with that id: what was signed for it may still be fetched. Raises Forbidden."""
        link = await self._store.film_links.get(link_id)
        if link is None or not link.holds(now_ms()):
            raise Forbidden(_OVER)
        return link


def _hash(secret: str) -> str:
    """A secret of 256 random bits needs no salt, and no slow hash."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
