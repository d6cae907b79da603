"""What a request asks of a file: all of it, or some bytes (RFC 9110, 14.2)."""

import re
from collections.abc import Mapping

_ONE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


class NotSatisfiable(Exception):
    """What is asked for lies beyond the end."""


def asked_range(headers: Mapping[str, str], size: int, etag: str) -> tuple[int, int] | None:
    """From where to before where in a file of `size` bytes; None: all of it. Raises NotSatisfiable.

    `headers` are a request's, by lower-case name. Several ranges at once, and what is no range, are answered with
    all of the file, as the standard lets a server do; so is a range of another version than `etag`'s.
    """
    match = _ONE.fullmatch(headers.get("range", ""))
    if match is None or not (match[1] or match[2]) or headers.get("if-range", etag) != etag:
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
        if match[2] and int(match[2]) < start:
            return None
    if start >= end:
        raise NotSatisfiable
    return start, end
