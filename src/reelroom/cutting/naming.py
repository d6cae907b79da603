"""When a name is seen over somebody's picture: for four seconds after each cut to them, as television does it."""

from collections.abc import Sequence

from reelroom.cutting.timeline import Cut
from reelroom.layouts.arrange import Key

# µs after the cut
_THERE = 300_000
_FADES = 4_000_000
_GONE = 4_500_000
_STEPS = 16  # of opacity: a picture that stands still is drawn so often, at most, while a name fades


def opacity(since: int, moment: int) -> float:
    """How much a name is seen at `moment` of somebody who is shown `since` (µs), 0 to 1 in sixteenths."""
    passed = moment - since
    share = min(passed / _THERE, (_GONE - passed) / (_GONE - _FADES), 1.0)
    return round(max(share, 0.0) * _STEPS) / _STEPS


def shown_since(cuts: Sequence[Cut], index: int, key: Key) -> int | None:
    """Since when (µs) somebody's camera or screen is shown, or inset, without a break; None: not by `cuts[index]`."""
    first = None
    for cut in reversed(cuts[: index + 1]):
        if not _shows(cut, key):
            break
        first = cut.at
    return first


def _shows(cut: Cut, key: Key) -> bool:
    participant, source = key[:2]
    if source == "screen_share":
        return cut.showing == "screen_share" and cut.participant == participant
    return (cut.showing == "camera" and cut.participant == participant) or cut.inset == participant
