"""WebVTT: text that goes with a film's time (https://www.w3.org/TR/webvtt1/)."""

from collections.abc import Iterable

from reelroom.cutting.turns import Turn


def timestamp(us: int, point: str = ".") -> str:
    """A time as WebVTT has it; SubRip has a comma for the point."""
    ms = round(us / 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def one_line(name: str) -> str:
    """A name without line breaks and spaces side by side."""
    return " ".join(name.split())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _name(name: str) -> str:
    return _escaped(one_line(name))


def _file(cues: Iterable[tuple[int, int, str]]) -> str:
    return "WEBVTT\n" + "".join(f"\n{timestamp(start)} --> {timestamp(end)}\n{text}\n" for start, end, text in cues)


def speakers(turns: Iterable[Turn], start: int) -> str:
    """Who speaks when, as voices; times are from `start` (µs)."""
    return _file(
        (turn.start - start, turn.end - start, f"<v {_name(turn.name)}>{_name(turn.name)}</v>") for turn in turns
    )


def captions(cues: Iterable[tuple[int, int, str, str]]) -> str:
    """What is said: from when to when (µs), by whom, and the text of it."""
    return _file((start, end, f"<v {_name(name)}>{_escaped(text)}</v>") for start, end, name, text in cues)


def chapter_titles(turns: Iterable[Turn], start: int) -> str:
    """Chapters, as the `chapters` track of a video element takes them."""
    return _file((turn.start - start, turn.end - start, _name(turn.name)) for turn in turns)


def thumbnails(picture: str, count: int, columns: int, width: int, height: int, every: int, end: int) -> str:
    """Which part of `picture` to show when: tiles of `width` x `height`, one each `every` µs, up to `end` µs."""
    return _file(
        (
            index * every,
            min((index + 1) * every, end) if index + 1 < count else end,
            f"{picture}#xywh={index % columns * width},{index // columns * height},{width},{height}",
        )
        for index in range(count)
    )
