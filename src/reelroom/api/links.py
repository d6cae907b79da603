"""Links to an archive's files: signed, each for one file, and for a while."""

import time
from dataclasses import dataclass

from reelroom.archives.answer import signed_link
from reelroom.files.films import FILM, TRACKS, product
from reelroom.roles.everything import Server
from reelroom.store.values import Archive

# Kinds of files by suffix: media type, and the link's name in an archive.
MEDIA_TYPES = {
    FILM: "video/mp4",
    TRACKS: "application/zip",
    ".timeline.json": "application/json",
    ".speakers.vtt": "text/vtt",
    ".chapters.vtt": "text/vtt",
    ".poster.jpg": "image/jpeg",
    ".thumbnails.vtt": "text/vtt",
    ".thumbnails.jpg": "image/jpeg",
    ".chat.json": "application/json",
}


@dataclass(frozen=True)
class Links:
    """Where an archive's files are; None for those there are not."""

    url: str | None = None
    tracks_url: str | None = None
    timeline_url: str | None = None
    speakers_url: str | None = None
    chapters_url: str | None = None
    poster_url: str | None = None
    thumbnails_url: str | None = None
    chat_url: str | None = None


def signed(server: Server, file: str, expires: int) -> str:
    """A link to a file that works until `expires` (s)."""
    return signed_link(server.settings, server.keys, file, expires)


def links(server: Server, archive: Archive) -> Links:
    """Fresh links to all that an available archive has."""
    if archive.status != "available":
        return Links()
    expires = int(time.time()) + server.settings.link_seconds

    there = server.storage.beside(archive.id, archive.updated_at)

    def link(suffix: str) -> str:
        return signed(server, f"{archive.id}{suffix}", expires)

    def beside(suffix: str) -> str | None:
        return link(suffix) if suffix in there else None

    return Links(
        url=link(product(archive.output_mode)),
        tracks_url=link(TRACKS) if server.archives.has_take(archive) else beside(TRACKS),
        timeline_url=beside(".timeline.json"),
        speakers_url=beside(".speakers.vtt"),
        chapters_url=beside(".chapters.vtt"),
        poster_url=beside(".poster.jpg"),
        thumbnails_url=beside(".thumbnails.vtt"),
        chat_url=beside(".chat.json"),
    )
