"""The key of a meeting that is encrypted end to end, on its way into a child: in an order, never an argument."""

import threading
from typing import Any

KEYED = "--keyed"  # says that the first order has a key
_KEY = "encryptionKey"
_LONGEST_WAIT = 30.0  # s; the order is written as soon as the child has started


def with_key(order: dict[str, Any], key: str) -> dict[str, Any]:
    """An order that hands the key over, too."""
    return {**order, _KEY: key}


class HandedKey:
    """The key that comes with an order."""

    def __init__(self) -> None:
        self._there = threading.Event()
        self._key = ""

    def take(self, order: dict[str, Any]) -> None:
        """Remember the key of an order that has one."""
        if key := order.get(_KEY):
            self._key = str(key)
            self._there.set()

    def taken_from(self, order: dict[str, Any]) -> dict[str, Any]:
        """What an order says besides."""
        self.take(order)
        return {name: value for name, value in order.items() if name != _KEY}

    def wait(self) -> str:
        """The key, as soon as it is there. Raises TimeoutError."""
        if not self._there.wait(_LONGEST_WAIT):
            raise TimeoutError("no key was handed over")
        return self._key
