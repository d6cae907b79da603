"""Links to an archive's files: signed, each for one file, and for a while."""

import functools
import time
from dataclasses import dataclass

from reelroom.archives.answer import signed_link
from reelroom.files.films import FILM, SUMMARY, TRACKS, product
from reelroom.roles.everything import Server
from reelroom.store.values import Archive, FilmLink

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
    ".transcript.json": "application/json",
    ".transcript.txt": "text/plain",
    SUMMARY: "application/json",
    ".captions.vtt": "text/vtt",
    ".captions.srt": "application/x-subrip",
}

_STEPS = 60  # links of one archive are the same for so many parts of the time for which they work


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
    transcript_url: str | None = None
    transcript_text_url: str | None = None
    captions_url: str | None = None
    subtitles_url: str | None = None
    summary_url: str | None = None


def signed(server: Server, file: str, expires: int, through: str = "") -> str:
    """A link to a file that works until `expires` (s), and as long as the film's link `through` (its id) holds."""
    return signed_link(server.settings, server.keys, file, expires, through)


def links(server: Server, archive: Archive, through: FilmLink | None = None) -> Links:
    """Links to all that an archive has, which work for as long as the settings say, or a little longer.

    `through` is the film's link that whoever asks has; what they get ends with it. Who may only watch gets no tracks:
    what is in them begins before the film and ends after it.
    """
    if archive.status not in {"available", "failed"}:
        return Links()
    made = archive.status == "available"  # of one that failed there is what was recorded
    there = server.films.suffixes(archive) if made else frozenset[str]()
    if server.archives.has_take(archive) and (through is None or through.grants == "edit"):
        there = there | {TRACKS}
    step = max(1, server.settings.link_seconds // _STEPS)
    expires = (int(time.time()) // step + 1) * step + server.settings.link_seconds
    kind = product(archive.output_mode) if made else None
    return _links(server, archive.id, kind, frozenset(there), expires, through.id if through else "")


@functools.lru_cache(maxsize=10_000)
def _links(
    server: Server, archive_id: str, made: str | None, there: frozenset[str], expires: int, through: str
) -> Links:
    """Whoever looks at a list again meanwhile has the same links, and what a browser knows by them stays known."""

    def link(suffix: str) -> str | None:
        return signed(server, f"{archive_id}{suffix}", expires, through) if suffix in there else None

    return Links(
        url=signed(server, f"{archive_id}{made}", expires, through) if made else None,
        tracks_url=link(TRACKS),
        timeline_url=link(".timeline.json"),
        speakers_url=link(".speakers.vtt"),
        chapters_url=link(".chapters.vtt"),
        poster_url=link(".poster.jpg"),
        thumbnails_url=link(".thumbnails.vtt"),
        chat_url=link(".chat.json"),
        transcript_url=link(".transcript.json"),
        transcript_text_url=link(".transcript.txt"),
        captions_url=link(".captions.vtt"),
        subtitles_url=link(".captions.srt"),
        summary_url=link(SUMMARY),
    )
