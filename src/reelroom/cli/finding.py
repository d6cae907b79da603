"""What was found where this machine was looked at, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is a sentence, empty when all is well.

    A finding that is not `required` is advice: the server starts without it.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    required: bool = True
