"""The files of a transcript, beside its film."""

from pathlib import Path

from reelroom.cutting.vtt import chapter_titles
from reelroom.files.durable import write_durably
from reelroom.files.films import CHAPTERS, WORDS
from reelroom.transcripts.captions import as_srt, as_vtt, captions
from reelroom.transcripts.documents import as_json, as_text
from reelroom.transcripts.headings import titled
from reelroom.transcripts.words import Transcript


def write_transcript(film: Path, made: Transcript, model: str) -> None:
    """Write the files of a transcript, and chapters with titles of it, beside a film's place. Raises OSError."""
    shown = captions(made)
    texts = (as_json(made, model), as_vtt(shown), as_srt(shown), as_text(made))
    for suffix, text in zip(WORDS, texts, strict=True):
        write_durably(film.with_suffix(suffix), text)
    write_durably(film.with_suffix(CHAPTERS), chapter_titles(titled(made.chapters, made.passages), made.start))
