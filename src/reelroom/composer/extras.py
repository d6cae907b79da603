"""What lies beside a film: timeline, speakers, chapters, chat, poster and thumbnails."""

import json
from pathlib import Path

from reelroom.composer.stills import COLUMNS, Stills
from reelroom.cutting import vtt
from reelroom.cutting.timeline import Timeline
from reelroom.cutting.turns import Turn
from reelroom.files.durable import write_durably
from reelroom.files.films import BESIDE
from reelroom.takes import chat

# The names of these files are the film's, with its suffix replaced.
TIMELINE, SPEAKERS, CHAPTERS, POSTER, THUMBNAILS, STRIP, CHAT = BESIDE


def write_timeline(film: Path, timeline: Timeline, turns: tuple[Turn, ...], names: dict[str, str]) -> None:
    """As docs/formats.md has it."""
    spoken = [{"start": turn.start, "end": turn.end, "participant": turn.participant} for turn in turns]
    shown = {shot.participant for shot in timeline.shots} | {turn.participant for turn in turns}
    named = {who: name for who, name in names.items() if who in shown}
    content = {**timeline.to_json(), "names": named, "turns": spoken}
    write_durably(film.with_suffix(TIMELINE), json.dumps(content, ensure_ascii=False) + "\n")


def write_stills(film: Path, stills: Stills, length: int) -> None:
    """Poster and thumbnails of a film of `length` µs, as far as it has pictures."""
    poster, strip = stills.poster(), stills.strip()
    if poster is not None:
        write_durably(film.with_suffix(POSTER), poster)
    if strip is not None:
        picture = film.with_suffix(STRIP)
        write_durably(picture, strip)
        cues = vtt.thumbnails(
            picture.name,
            len(stills.tiles),
            COLUMNS,
            stills.tile_width,
            stills.tile_height,
            stills.every,
            length,
        )
        write_durably(film.with_suffix(THUMBNAILS), cues)


def write_texts(film: Path, turns: tuple[Turn, ...], chapters: tuple[Turn, ...], start: int) -> None:
    """Who speaks when, and the film's chapters."""
    write_durably(film.with_suffix(SPEAKERS), vtt.speakers(turns, start))
    write_durably(film.with_suffix(CHAPTERS), vtt.chapter_titles(chapters, start))


def write_chat(film: Path, messages: list[chat.ChatMessage]) -> None:
    """What was written meanwhile, where anything was."""
    if messages:
        write_durably(film.with_suffix(CHAT), json.dumps(chat.to_json(messages), ensure_ascii=False) + "\n")
