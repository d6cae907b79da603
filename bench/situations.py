"""Staged situations from sound to shots, ours beside a detector that judges each microphone alone.

`python -m bench.situations [word ...]` prints what each situation whose name has one of the words came to.
"""

import asyncio
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.situations import SITUATIONS
from tests.staging import Situation, Sounds, Spoken, track_files, truth

from bench import voicing
from bench.meter import Measurement, Ratio
from reelroom.composer.listening import Listening
from reelroom.cutting.director import Director
from reelroom.cutting.rules import Rules
from reelroom.cutting.timeline import Cut
from reelroom.cutting.turns import Turn, turns_between
from reelroom.takes.events import (
    Event,
    FileOpened,
    ParticipantJoined,
    RoomJoined,
    SpeechFaded,
    SpeechHeard,
    TrackPublished,
)

CLAIM = "Who speaks is on screen, in staged situations; beside a detector that judges each microphone alone"
SECONDS = 900.0
_SECOND = 1_000_000
_PICTURE = 33_333  # µs
_GRAIN = 0.02  # s
_FORMER_OVERLAP = 3 * _SECOND


class Ears(Protocol):
    """What hears a take's microphones."""

    def open(self, event: FileOpened) -> None: ...
    def listen(self, until: int) -> list[SpeechHeard | SpeechFaded]: ...
    def finish(self) -> None: ...


@dataclass
class Score:
    """What became of situations; times in s."""

    due: float = 0.0  # somebody has the turn
    shown: float = 0.0  # and is on screen
    cuts: int = 0  # to somebody who begins to speak
    early: int = 0  # that come before the first word
    takeovers: list[str] = field(default_factory=list)  # by somebody who does not speak
    ghosts: list[str] = field(default_factory=list)  # turns of somebody who does not speak
    held_on: list[float] = field(default_factory=list)  # until somebody who interrupts and goes on is seen
    seconds: float = 0.0
    cpu: float = 0.0  # of listening
    microphones: float = 0.0  # s of sound

    def add(self, other: "Score") -> None:
        """Both together."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def share(self) -> float:
        return 100 * self.shown / self.due if self.due else 100.0

    @property
    def share_early(self) -> float:
        return 100 * self.early / self.cuts if self.cuts else 100.0

    @property
    def false_a_minute(self) -> float:
        return 60 * len(self.takeovers) / self.seconds


def _events(situation: Situation) -> list[Event]:
    events: list[Event] = [RoomJoined(at=0, session="staged")]
    for who in situation.people:
        track = {"at": 0, "participant": who, "track": who}
        events.append(ParticipantJoined(at=0, participant=who, name=who.capitalize()))
        sound = {"kind": "audio", "source": "microphone"}
        events.append(TrackPublished.model_validate({**track, **sound, "muted": False}))
        opened = {"file": f"{who}.mkv", "codec": "opus", "clock_rate": 48_000, "channels": 1}
        events.append(FileOpened.model_validate({**track, **sound, **opened}))
    return events


def cut(
    situation: Situation, ears: Callable[[Path], Ears], rules: Rules
) -> tuple[list[Cut], tuple[Turn, ...], float]:
    """Its cuts and its turns, as a film that follows the room comes to them, and the CPU (s) that listening took."""
    files = track_files(situation)
    listening, director = ears(next(iter(files.values())).parent), Director(rules)
    events = _events(situation)
    for event in events:
        director.feed(event)
        if isinstance(event, FileOpened):
            listening.open(event)
    end = round(situation.seconds * _SECOND)
    heard: list[SpeechHeard | SpeechFaded] = []
    cpu = 0.0
    for until in range(rules.look_ahead, end + rules.look_ahead, _PICTURE):
        before = _cpu()
        found = listening.listen(until)
        cpu += _cpu() - before
        for speech in found:
            director.feed(speech)
        heard += found
        director.advance(until)
    listening.finish()
    return director.cuts, turns_between(heard, {}, 0, end), cpu


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def score(situation: Situation, cuts: list[Cut], turns: tuple[Turn, ...], rules: Rules) -> Score:
    """What the cuts are worth, by what was truly said."""
    spoken, found = truth(situation), Score(seconds=situation.seconds)
    words = [*spoken, *_laughs(situation)]
    turn_takers = [each for each in spoken if each.weight == "turn"]

    def on_screen(moment: float) -> str:
        return next((c.participant for c in reversed(cuts) if c.at <= moment * _SECOND), "")

    for step in range(round(situation.seconds / _GRAIN)):
        moment = step * _GRAIN
        if active := {each.who for each in turn_takers if each.begin <= moment < each.end}:
            found.due += _GRAIN
            found.shown += _GRAIN * (on_screen(moment) in active)
    for each in turn_takers:
        over = [o for o in turn_takers if o.who != each.who and o.begin < each.begin < o.end]
        if over:
            lasts = min(max(o.end for o in over), each.end) - each.begin
            if lasts > 1.5 and each.begin - min(o.begin for o in over) > 1:
                when = (c.at / _SECOND for c in cuts if c.participant == each.who and c.at / _SECOND > each.begin - 1)
                found.held_on.append(max(0.0, min(when, default=each.end) - each.begin))
            continue
        before = on_screen(each.begin - 1.0)
        free = all(
            each.begin - c.at / _SECOND >= rules.shortest_shot / _SECOND or c.participant == each.who
            for c in cuts
            if c.at < (each.begin - 0.3) * _SECOND
        )
        if before not in ("", each.who) and free:
            found.cuts += 1
            found.early += on_screen(each.begin) == each.who
    for each in cuts[1:]:
        at = each.at / _SECOND
        if not any(w.who == each.participant and w.begin < at + 1.5 and w.end > at - 0.3 for w in words):
            found.takeovers.append(f"{situation.name}: {each.participant} at {at:.1f} s ({each.reason})")
    for turn in turns:
        start, end = turn.start / _SECOND, turn.end / _SECOND
        truly = sum(
            max(0.0, min(end, w.end + 0.5) - max(start, w.begin - 0.3)) for w in words if w.who == turn.participant
        )
        if truly < 0.5 * (end - start):
            found.ghosts.append(f"{situation.name}: {turn.participant} {start:.1f}-{end:.1f} s")
    return found


def _laughs(situation: Situation) -> list[Spoken]:
    """Laughter may be seen, and need not be."""
    laughs = (line for line in situation.script if isinstance(line, Sounds) and line.noise == "laugh")
    return [Spoken(line.who, line.at, line.at + line.seconds, "remark") for line in laughs]


def _former(folder: Path) -> Ears:
    return voicing.Listening(folder, lambda file: 0, voicing.Ear())


def _ours(folder: Path) -> Ears:
    return Listening(folder, lambda file: 0, Rules().ear())


def run(situation: Situation, *, former: bool = False) -> Score:
    """One situation, cut and scored."""
    rules = Rules(overlap=_FORMER_OVERLAP) if former else Rules()
    cuts, turns, cpu = cut(situation, _former if former else _ours, rules)
    found = score(situation, cuts, turns, rules)
    found.cpu, found.microphones = cpu, situation.seconds * len(situation.people)
    return found


async def measure() -> Measurement:
    """All situations, by both."""
    return await asyncio.to_thread(_measure)


def _measure() -> Measurement:
    ours, former = Score(), Score()
    for situation in SITUATIONS:
        ours.add(run(situation))
        former.add(run(situation, former=True))
    latest = max(ours.held_on)
    facts = [
        f"{len(SITUATIONS)} situations, {ours.seconds / 60:.1f} minutes; {ours.cuts} cuts to somebody who begins",
        f"who interrupts and goes on is seen after {latest:.2f} s at most; beside, {max(former.held_on):.2f} s",
        f"turns of nobody: {len(ours.ghosts)}; beside, {len(former.ghosts)}",
        *(f"false takeover: {each}" for each in ours.takeovers),
    ]
    goals = [
        (ours.share >= 97, "speakers are on screen for less than 97 % of the time"),
        (ours.share_early >= 98, "less than 98 % of the cuts come before the first word"),
        (ours.false_a_minute < 0.05, "more than 0.05 false takeovers a minute"),
        (latest <= 1.52, "who interrupts and goes on is not seen by 1.5 s"),
    ]
    return Measurement(
        CLAIM,
        [
            Ratio("speaker on screen", ours.share, former.share, "%"),
            Ratio("cut before the first word", ours.share_early, former.share_early, "%"),
            Ratio("false takeovers a minute", ours.false_a_minute, former.false_a_minute, ""),
            Ratio("CPU a microphone", 100 * ours.cpu / ours.microphones, 100 * former.cpu / former.microphones, "%"),
        ],
        facts,
        [words for reached, words in goals if not reached],
    )


def main() -> None:
    """Print each situation's figures, ours and the other's."""
    total, beside = Score(), Score()
    print(f"{'':44}{'on screen':>18}{'before word':>16}{'false':>8}{'ghosts':>8}{'held on':>10}")
    for situation in SITUATIONS:
        if len(sys.argv) > 1 and not any(word in situation.name for word in sys.argv[1:]):
            continue
        ours = run(situation)
        total.add(ours)
        beside.add(before := run(situation, former=True))
        print(_line(situation.name, ours, before), flush=True)
        for each in (*ours.takeovers, *ours.ghosts):
            print(f"    {each}")
    print(_line("all", total, beside))
    print(f"{total.false_a_minute:.3f} false a minute, {beside.false_a_minute:.3f} beside")
    ours, other = (100 * each.cpu / each.microphones for each in (total, beside))
    print(f"CPU {ours:.2f} % a microphone, {other:.2f} % beside")


def _line(name: str, ours: Score, beside: Score) -> str:
    held = f"{max(ours.held_on):.2f}" if ours.held_on else ""
    return (
        f"{name:44}{ours.share:9.1f} ({beside.share:5.1f}) {ours.early:4}/{ours.cuts} ({beside.early}/{beside.cuts})"
        f"{len(ours.takeovers):5} ({len(beside.takeovers)}){len(ours.ghosts):4} ({len(beside.ghosts)}){held:>10}"
    )


if __name__ == "__main__":
    main()
