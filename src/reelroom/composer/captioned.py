"""A finished film is given what is said in it, to be read: nothing of it is encoded again."""

import os
import struct
from pathlib import Path

from reelroom.composer.boxes import HEAD, box, moved
from reelroom.composer.faststart import content_of, copy_bytes, top_boxes
from reelroom.composer.text_tracks import Texts, with_texts, without_texts

_BLOCK = 4096  # bytes: where file systems can share what two files have in common, they share whole blocks


class NotCaptioned(Exception):
    """A film whose index cannot be read; the message says why."""


def captioned(film: Path, target: Path, texts: Texts) -> None:
    """Write a copy of an MP4 of ours that has these texts and no others; it is on the disk when this returns.

    Where they fit, pictures and sound lie at the same bytes as before: who plays the film goes on. Raises OSError,
    NotCaptioned.
    """
    with film.open("rb") as source, target.open("wb") as copy:
        try:
            tops = {each.kind: each for each in top_boxes(source)}
            kind, index, media = content_of(source, tops[b"ftyp"]), content_of(source, tops[b"moov"]), tops[b"mdat"]
            bare = without_texts(index)
            samples = texts.samples()
            about = box(b"mdat", samples) if samples else b""

            def front(by: int) -> bytes:
                """All that lies before the pictures and the sound, once these lie `by` bytes further back."""
                where = moved(bare, by)
                size = len(with_texts(where, texts, 0, listed=True))
                return kind + with_texts(where, texts, len(kind) + size + HEAD, listed=True) + about

            needed = len(front(0)) + HEAD
            at = media.at if needed <= media.at else -(-needed // _BLOCK) * _BLOCK
            head = front(at - media.at)
        except (KeyError, ValueError, StopIteration, OverflowError, struct.error) as error:
            raise NotCaptioned(f"its index cannot be read: {error}") from error
        copy.write(head + struct.pack(">I4s", at - len(head), b"free"))
        copy.truncate(at)
        copy_bytes(source, copy, media.size, media.at, at)
        copy.flush()
        os.fsync(copy.fileno())
