"""A film that is cut by what was said, listened to again: it says what was kept, and nothing else."""

from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.composer.compose import Pace, compose, laid_plan
from reelroom.composer.decoding import Decoding
from reelroom.cutting.plan import Plan, Planned, Range
from reelroom.transcribing.recogniser import Recogniser
from reelroom.transcribing.transcribe import transcribe
from reelroom.transcripts.editing import Cutting, Spoken, left_of
from tests.meetings import MODEL, meeting, plain, script, word_errors
from tests.takes import SECOND, START, at

SAID = script(
    ("ann", "Good morning. Shall we look at the numbers together before we go on?"),
    ("ben", "The new release is on Friday afternoon, and nobody told the office."),
    ("cleo", "I can write to them this evening, when the meeting is over."),
    ("ann", "Thank you very much. Then we are done for today."),
)
END = at(SAID[-1].end + 1)
RATE = 16_000  # Hz, as the model hears


def heard_in(film: Path, model: Recogniser) -> list[str]:
    """The words of a film's sound, as somebody understands them who has nothing else."""
    sampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(film)) as container:
        decoded = (part for frame in container.decode(container.streams.audio[0]) for part in sampler.resample(frame))
        sound = np.concatenate([part.to_ndarray()[0] for part in decoded])
    return [word for each in model.words(sound, "en") for word in plain(each.text)]


@pytest.mark.slow
@pytest.mark.parametrize("dropped", [0, 1, 2, 3])
def test_the_film_says_exactly_what_was_kept(dropped: int, tmp_path: Path) -> None:
    take, model = meeting(tmp_path / "take", SAID), Recogniser(MODEL)
    plan = Plan(has_video=False)
    passages = transcribe(take, plan, START, END, model).passages
    assert len(passages) == len(SAID)
    words = [(number, word) for number, passage in enumerate(passages) for word in passage.words]
    spoken = [Spoken(word.start - START, word.end - START, word.text, "en") for _, word in words]
    out = frozenset(index for index, (number, _) in enumerate(words) if number == dropped)
    speech = [(passage.start - START, passage.end - START) for passage in passages]
    left = left_of(spoken, speech, END - START, Cutting(words=out))
    ranges = tuple(Range(start=START + start, end=START + end) for start, end in left)
    film = tmp_path / "film.mp4"
    laid = laid_plan(take, plan.model_copy(update={"ranges": ranges}), Decoding())
    compose(take, film, Pace(SECOND, END), start=START, planned=Planned(laid))

    heard = heard_in(film, model)
    kept = [word for number, line in enumerate(SAID) if number != dropped for word in plain(line.text)]
    assert word_errors(kept, heard) <= 0.15 * len(kept), heard
    only = {word for word in plain(SAID[dropped].text) if len(word) > 4} - set(kept)  # short ones are soon misheard
    assert only
    assert not only & set(heard), "what was taken out is heard"
