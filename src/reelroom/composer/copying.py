"""A film's pictures that need not be made: copied from the camera that fills the frame, as it encoded them."""

from fractions import Fraction

from reelroom.composer.copied_track import CopiedTrack
from reelroom.composer.film_format import VideoPacket, new_packet
from reelroom.composer.pieces import COPIED_CLOCK
from reelroom.composer.scene import Scene, Sole
from reelroom.cutting.copied import Copied, Copying, copied
from reelroom.cutting.kept import Step
from reelroom.cutting.plan import Plan
from reelroom.takes.offered import STANDS_STILL

_MICROSECONDS = 1_000_000


class Copies:
    """Asked at each step of a film, in order, what is copied in it. `count` says how many pictures were so far."""

    def __init__(self, scene: Scene, plan: Plan) -> None:
        self._scene = scene
        self._tick = COPIED_CLOCK // plan.rate
        self._half = _MICROSECONDS // plan.rate // 2
        self._copying: Copying | None = None
        self._sole: Sole | None = None  # whose pictures were copied last
        self._taken = 0  # when (µs of room time) the last of them was
        self._last = -1  # ticks of the film: when the last picture is shown
        self.count = 0

    def at(self, step: Step, number: int) -> list[VideoPacket] | None:
        """The pictures of step `number` of the film; None where its picture is to be made.

        Where a copy ends, the scene begins anew, for nothing of the copied pictures was decoded.
        """
        before, self._copying = (None if step.joins else self._copying), None
        # The film begins with a made picture: a copied one has its own time, which may lie before the film.
        found = self._copied(step, before) if number else None
        due = number * self._tick
        if found is not None:
            packets = self._packets(*found, step, due)
            if self._last <= due + self._tick // 2:
                self._copying = found[0].copying
                self.count += len(packets)
                return packets
        self._last = due
        if before is not None:
            self._scene.begin_piece(copied=self._sole, moment=step.at)
        return None

    def _copied(self, step: Step, before: Copying | None) -> tuple[Copied, CopiedTrack] | None:
        sole = self._scene.sole(step.at)
        source = self._scene.to_copy(sole.file, step.at + self._half) if sole else None
        if sole is None or source is None:
            return None
        track, started, lost = source
        end = track.up_to((step.at + self._half - started) // 1000)
        if before is not None and before.file == sole.file:
            first = min(before.next, end)
        else:
            first = track.entry(track.up_to((step.at - self._half - started) // 1000), end)
            if first == end:
                return None
        samples = track.samples(first, end, started, lost)
        found = copied(before, sole.file, samples)
        stands_still = not sole.is_screen and step.at - self._taken > STANDS_STILL
        if found is None or (not found.samples and stands_still):
            return None
        self._sole = sole
        return found, track

    def _packets(self, found: Copied, track: CopiedTrack, step: Step, due: int) -> list[VideoPacket]:
        """The pictures as the film has them; that of the step is `due`, in ticks."""
        packets = []
        for sample in found.samples:
            packet = new_packet(track.access_unit(sample))
            within = (sample.at - step.at) * COPIED_CLOCK // _MICROSECONDS
            # One that should have come before, by a clock that moved, comes as soon as may be.
            self._last = max(self._last + 1, due - self._tick // 2 + 1, due + within)
            packet.pts = packet.dts = self._last
            packet.time_base, packet.duration = Fraction(1, COPIED_CLOCK), self._tick
            packet.is_keyframe = sample.enters
            self._taken = sample.at
            packets.append(packet)
        return packets
