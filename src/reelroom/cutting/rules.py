"""How a recording is cut: the director's rules, each with its default."""

from dataclasses import dataclass

from reelroom.cutting.speech import Ear


@dataclass(frozen=True)
class Rules:
    """All times in µs; docs/formats.md says more of each."""

    pre_roll: int = 250_000  # a cut lies so long before the first word
    shortest_shot: int = 2_000_000  # no shot is shorter, but where what it shows has left or ended
    shortest_speech: int = 600_000  # a cough, a "yes", a keyboard does not take the screen
    overlap: int = 1_400_000  # who talks into another's speech takes the screen after holding on so long
    silence: int | None = None  # the last speaker stays so long in silence, then everybody is shown; None: for good
    leave_dark: bool = True  # in silence, somebody without a picture gives way to somebody with one
    screen_first: bool = True  # a shared screen takes the picture, with the speaker inset
    look_ahead: int = 1_000_000  # how far the director sees; below shortest_speech + pre_roll, cuts come late

    def ear(self) -> Ear:
        """What counts as speech under these rules."""
        return Ear(least=self.shortest_speech)
