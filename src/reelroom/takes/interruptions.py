"""When nobody recorded: a tap had lost its room, or had died, and the next one was not there yet."""

from dataclasses import dataclass, field

from reelroom.takes.events import Event, FileOpened, RoomJoined, RoomLeft, TakeClosed, TakeOpened

BEATS_SINCE = 3  # the version of the format from which on a tap writes something every second (docs/formats.md)
SHORTEST = 1_000_000  # µs; a shorter one is not worth a card: the pictures stand so long
_DEAD = 3_000_000  # µs without a line after which a tap that writes every second must be gone
_FIRST_PICTURE = 1_000_000  # µs that the first picture may take after a tap has joined

Span = tuple[int, int]  # [from, to) in µs of room time


@dataclass
class Interruptions:
    """Fed a take's events in order, it knows when the recording was interrupted."""

    spans: list[Span] = field(default_factory=list)  # those that are over
    _since: int | None = None  # the one that is not
    _last: int = 0  # the last sign of life
    _in_room: bool = False
    _was_in_room: bool = False
    _beats: bool = False
    _awaits_picture: bool = False

    def feed(self, event: Event) -> None:
        """Learn from one event."""
        match event:
            case TakeOpened():
                self._beats = event.version >= BEATS_SINCE
                self._break(self._last)
            case RoomLeft():
                self._break(event.at)
            case TakeClosed():
                if event.reason == "room_left":
                    self._break(event.at)
                self._in_room = False
            case RoomJoined():
                if self._since is not None:
                    self.spans.append((self._since, event.at))
                    self._awaits_picture = True
                self._since, self._in_room, self._was_in_room = None, True, True
            case FileOpened(kind="video") if self._awaits_picture:
                begin, end = self.spans[-1]
                self._awaits_picture = False
                if event.at - end <= _FIRST_PICTURE:
                    self.spans[-1] = begin, max(end, event.at)
        self._last = max(self._last, event.at)

    def _break(self, at: int) -> None:
        if self._was_in_room and self._since is None:
            self._since = at
        self._in_room = False

    def since(self, moment: int, horizon: int) -> int | None:
        """Since when the recording is interrupted at `moment`, where all up to `horizon` was fed; None: it is not.

        Interruptions that are shorter than a second do not count.
        """
        for begin, end in reversed(self.spans):
            if begin <= moment < end and end - begin >= SHORTEST:
                return begin
        begun = self._since
        if begun is None and self._in_room and self._beats and horizon - self._last > _DEAD:
            begun = self._last
        return begun if begun is not None and begun <= moment and horizon - begun >= SHORTEST else None

    def between(self, start: int, end: int) -> list[Span]:
        """All of [start, end) in which nobody recorded, short ones, too."""
        known = [*self.spans]
        if self._since is not None:
            known.append((self._since, end))
        elif self._in_room and self._beats and end - self._last > _DEAD:
            known.append((self._last, end))
        return [(max(a, start), min(b, end)) for a, b in known if max(a, start) < min(b, end)]
