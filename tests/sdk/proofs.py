"""What the tests of the SDKs have seen: which method made which call, and how it was answered."""

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.sdk.wire import Exchange

PYTHON_OPENTOK, NODE_OPENTOK = "Python `opentok`", "Node `opentok`"
PYTHON_VONAGE, NODE_VONAGE = "Python `vonage-video`", "Node `@vonage/video`"
PLAIN = "HTTP"  # what no SDK here sends
SDKS = (PYTHON_OPENTOK, NODE_OPENTOK, PYTHON_VONAGE, NODE_VONAGE)

# In which order people read them.
_SUBJECTS = ("session", "archive", "render", "broadcast", "callback", "connect", "captions", "dial")


@dataclass(frozen=True)
class Note:
    """One call of a method."""

    sdk: str
    method: str
    exchanges: tuple[Exchange, ...]
    raised: bool

    @property
    def refused(self) -> bool:
        """Some SDKs swallow what they are refused."""
        return self.raised or any(each.status >= 400 for each in self.exchanges)


@dataclass
class Proofs:
    """`exchanges` are those of all wires; `methods` what each SDK has, by reflection."""

    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    methods: dict[str, set[str]] = field(default_factory=dict)

    @contextmanager
    def noting(self, sdk: str, method: str) -> Iterator[None]:
        """What passes the wires meanwhile is this method's."""
        begin, raised = len(self.exchanges), True
        try:
            yield
            raised = False
        finally:
            self.notes.append(Note(sdk, method, tuple(self.exchanges[begin:]), raised))

    def watch(self, sdk: str, owner: type, patch: pytest.MonkeyPatch, prefix: str = "") -> None:
        """Note each call of the public methods of a class of Python's."""
        for name, method in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_"):
                self.methods.setdefault(sdk, set()).add(prefix + name)
                patch.setattr(owner, name, self._noted(sdk, prefix + name, method))

    def _noted(self, sdk: str, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def noted(*args: Any, **kwargs: Any) -> Any:
            with self.noting(sdk, name):
                return method(*args, **kwargs)

        return noted

    def unproved(self, sdk: str) -> list[str]:
        """What was not seen: `method: success` or `method: refusal`."""
        seen: dict[str, set[str]] = {}
        for each in self.notes:
            if each.sdk == sdk:
                seen.setdefault(each.method, set()).add("refusal" if each.refused else "success")
        return [
            f"{method}: {how}"
            for method in sorted(self.methods[sdk])
            for how in ("success", "refusal")
            if how not in seen.get(method, ())
        ]


@dataclass(frozen=True)
class Row:
    """A call of the API, and what was seen of it."""

    call: str
    answers: tuple[int, ...]
    refusals: tuple[int, ...]
    methods: Mapping[str, Sequence[str]]


def rows(notes: Sequence[Note], routes: Mapping[tuple[str, str], str]) -> list[Row]:
    """By call; `routes` are the server's: the method and a pattern of the path, and how the call is written."""
    seen: dict[str, tuple[set[int], dict[str, set[str]]]] = {}
    for note in notes:
        for each in note.exchanges:
            call = _call(each, routes)
            statuses, methods = seen.setdefault(call, (set(), {}))
            statuses.add(each.status)
            methods.setdefault(note.sdk, set()).add(note.method)
    return [
        Row(
            call,
            tuple(sorted(status for status in statuses if status < 400)),
            tuple(sorted(status for status in statuses if status >= 400)),
            {sdk: sorted(methods) for sdk, methods in by.items()},
        )
        for call, (statuses, by) in sorted(seen.items(), key=lambda each: _place(each[0]))
    ]


def _call(exchange: Exchange, routes: Mapping[tuple[str, str], str]) -> str:
    for (method, pattern), call in routes.items():
        if method == exchange.method and re.fullmatch(pattern, exchange.path):
            return call
    raise AssertionError(f"the API has no call {exchange.method} {exchange.path}")


def _place(call: str) -> tuple[int, str, str]:
    method, _, path = call.partition(" ")
    subject = path.removeprefix("P").split("/")[1]
    return _SUBJECTS.index(subject), path, method


def routes_of(openapi: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """The calls of OpenTok's in the server's own description of itself."""
    found = {}
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            if any(tag.startswith("OpenTok") for tag in operation.get("tags", [])):
                pattern = re.sub(r"\{\w+\}", "[^/]+", path) + "/?"
                written = path.replace("/v2/project/{project_id}", "P").replace("_id}", "}")
                found[method.upper(), pattern] = f"{method.upper()} {written}"
    return found


def table(of: Sequence[Row]) -> str:
    """In Markdown."""
    lines = [
        f"| call | answers | refuses | {' | '.join(SDKS)} |",
        f"|---|---|---|{'---|' * len(SDKS)}",
    ]
    for row in of:
        called = [", ".join(f"`{each}`" for each in row.methods.get(sdk, ())) for sdk in SDKS]
        statuses = [" ".join(map(str, each)) for each in (row.answers, row.refusals)]
        lines.append("| " + " | ".join([f"`{row.call}`", *statuses, *called]) + " |")
    return "\n".join(re.sub(r"\|(  \|)+", lambda empty: empty[0].replace("  ", " "), line) for line in lines)
