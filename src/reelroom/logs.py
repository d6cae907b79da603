"""What the server says of itself: one format for every line, whoever wrote it, and no flood of one kind."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TextIO

import structlog

LEVELS = ("debug", "info", "warning", "error")
_BURST = 20  # lines of one kind that may come at once; after that, one a second
_KINDS = 1000  # that are remembered

_Event = MutableMapping[str, Any]


@dataclass
class Flood:
    """Lets lines of one kind (their event and who says it) through as a burst and then one a second.

    The next line that comes through says how many did not.
    """

    clock: Callable[[], float] = time.monotonic
    _allowance: dict[tuple[str, ...], tuple[float, float, int]] = field(default_factory=dict)  # left, at, held back

    def passes(self, *kind: str) -> int | None:
        """How many of the kind were held back since the last that passed; None when this one is, too."""
        now = self.clock()
        left, at, held = self._allowance.pop(kind, (float(_BURST), now, 0))
        left = min(float(_BURST), left + now - at)
        passes = left >= 1
        self._allowance[kind] = (left - 1, now, 0) if passes else (left, now, held + 1)
        while len(self._allowance) > _KINDS:
            del self._allowance[next(iter(self._allowance))]
        return held if passes else None


def _hold_back(flood: Flood) -> Callable[[Any, str, _Event], _Event]:
    def process(_logger: Any, method: str, event: _Event) -> _Event:
        if method in {"debug", "info"}:  # what happened; what went wrong is what comes in floods
            return event
        held = flood.passes(method, str(event.get("event")), str(event.get("program", event.get("logger", ""))))
        if held is None:
            raise structlog.DropEvent
        if held:
            event["held_back"] = held
        return event

    return process


class _Lines:
    """Writes whole lines; a disk that is full costs the line, and never whoever wrote it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def msg(self, line: str) -> None:
        """Write one line."""
        try:
            with self._lock:
                self._file.write(line + "\n")
                self._file.flush()
        except (OSError, ValueError):
            pass

    log = debug = info = warning = error = critical = exception = fatal = msg


class _Foreign(logging.Handler):
    """Lines of libraries, in our format."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it as we do."""
        log = structlog.get_logger().bind(logger=record.name)
        name = logging.getLevelName(record.levelno).lower()
        say = getattr(log, name if name in LEVELS else "error")
        try:
            first, *more = record.getMessage().splitlines() or [""]
            details = {"details": "\n".join(more)} if more else {}
            say(first, exc_info=record.exc_info, **details) if record.exc_info else say(first, **details)
        except Exception:  # a message that does not fit its arguments
            say(str(record.msg))


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().error("crashed", error=repr(error), exc_info=(kind, error, trace))


def _on_a_line(_logger: Any, _method: str, event: _Event) -> _Event:
    """Where an exception came from, in one line, and with no values of variables, which may be secrets."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    if error is not None:
        event["exception"] = repr(error)
        event["at"] = [
            f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event


def log_to(file: TextIO, level: str) -> None:
    """Let this process, its libraries and its uncaught exceptions log there, from `level` (one of LEVELS) on.

    A line is an object of JSON; on a terminal it is made for people.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    terminal, lines = file.isatty(), _Lines(file)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _hold_back(Flood()),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if terminal else [_on_a_line]),
            people if terminal else structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_Foreign()], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )
