"""Readers: who reads takes while no film is made of them."""

import contextlib
from collections import Counter
from collections.abc import Iterator


class Readers:
    """How many there are of each take."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()

    def __contains__(self, take_id: str) -> bool:
        return self._of[take_id] > 0

    @contextlib.contextmanager
    def using(self, take_id: str) -> Iterator[None]:
        """The take is not removed meanwhile."""
        self._of[take_id] += 1
        try:
            yield
        finally:
            self._of[take_id] -= 1
            self._of += Counter()  # which forgets those that have none
