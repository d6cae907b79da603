"""Films of several ranges of a take, judged by what is seen and heard in them."""

from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.composer.compose import Pace, compose, laid_plan
from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.kept import Kept
from reelroom.cutting.plan import Plan, Planned
from reelroom.takes.folder import Take, extent
from reelroom.transcribing.recogniser import Recogniser
from reelroom.transcribing.transcribe import transcribe
from reelroom.transcripts.editing import Cutting, Spoken, left_of
from reelroom.transcripts.words import Transcript
from tests.e2e.films import watch
from tests.meetings import MODEL, meeting, plain, script, word_errors
from tests.takes import BLUE, GREEN, RED, SECOND, START, TakeMaker, at, changing, tone
from tests.test_pieces import assert_same

KEPT = Kept(((at(1), at(3)), (at(5), at(6.5)), (at(9), at(10))))
PLAN = Plan(width=320, height=180, ranges=KEPT.as_ranges(), laid=True)


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Somebody alone, whose picture changes every second and who hums."""
    maker = TakeMaker(tmp_path_factory.mktemp("takes") / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", changing((RED, GREEN, BLUE) * 4, 1.0, 320, 180, 60))
    maker.publishes(0, "ann", "microphone", tone(440, 12))
    return maker.write()


def made(take: Take, output: Path, plan: Plan) -> Path:
    compose(take, output, Pace(plan.rules.look_ahead, at(12)), start=START, planned=Planned(plan))
    return output


def test_the_film_shows_and_sounds_as_the_whole_one_does_in_those_ranges(take: Take, tmp_path: Path) -> None:
    whole = watch(made(take, tmp_path / "whole.mp4", PLAN.model_copy(update={"ranges": ()})))
    film = watch(made(take, tmp_path / "film.mp4", PLAN))
    assert film.seconds == pytest.approx(4.5, abs=0.05)
    moments = [step.at for step in KEPT.steps(30) if step.shown]
    assert len(film.pictures) == len(moments) == 135
    for number, moment in enumerate(moments):
        theirs = whole.pictures[(moment - START) * 30 // SECOND].astype(int)
        apart = np.abs(film.pictures[number].astype(int) - theirs).mean()
        assert apart < 6, f"picture {number}, of {(moment - START) / SECOND:.2f} s"
    sound = film.sound.mean(axis=0)
    assert all(film.loudness(440, at, at + 0.4) > 0.08 for at in (0.5, 1.5, 2.2, 3.0, 3.7, 4.0)), "it hums on"
    for join in (2.0, 3.5):  # a tone is cut off and another phase of it begins: without a fade that is a click
        around = sound[round((join - 0.1) * 48_000) : round((join + 0.1) * 48_000)]
        assert np.abs(np.diff(around, 2)).max() < 0.02


def test_made_side_by_side_it_is_the_same_film(take: Take, tmp_path: Path) -> None:
    plan = PLAN.model_copy(update={"ranges": Kept(((at(0.5), at(6)), (at(7), at(11.5)))).as_ranges(), "rate": 60})
    long = plan.model_copy(update={"width": 160, "height": 90})
    one = made(take, tmp_path / "one.mp4", long)
    other = tmp_path / "other.mp4"
    compose_side_by_side(take, other, start=START, end=at(12), plan=long, jobs=2)
    assert_same(one, other)


def test_an_end_that_was_asked_for_in_a_word_is_laid_beside_it(tmp_path: Path) -> None:
    lines = script(("ann", "Friday"), ("ann", "afternoon"), pause=0.4)
    take = meeting(tmp_path / "take", lines)
    edge = at(lines[0].end - 0.1)  # in the last sound of the first
    plan = laid_plan(take, Plan(ranges=Kept(((START, edge), (at(lines[1].at), at(lines[1].end)))).as_ranges()))
    assert plan.laid
    assert at(lines[0].end) - 20_000 <= plan.ranges[0].end <= at(lines[1].at)
    assert plan.ranges[1].start <= at(lines[1].at)
    assert laid_plan(take, plan) == plan
    assert extent(take)[0] <= plan.ranges[0].start


SAID = script(
    ("ann", "Good morning. Shall we look at the numbers together before we go on?"),
    ("ben", "Yes. The new release is on Friday afternoon, and nobody told the office."),
    ("cleo", "I can write to them this evening, when the meeting is over."),
    ("ann", "Thank you very much. Then we are done for today."),
    pause=0.6,
)


@pytest.fixture(scope="module")
def model() -> Recogniser:
    return Recogniser(MODEL)


def words_of(transcript: Transcript) -> list[Spoken]:
    zero = transcript.start
    return [
        Spoken(word.start - zero, word.end - zero, word.text, passage.language)
        for passage in transcript.passages
        for word in passage.words
    ]


def heard_again(model: Recogniser, film: Path) -> list[str]:
    """What is said in a film, by its sound alone."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    with av.open(str(film)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)
    return plain("".join(word.text for word in model.words(sound, "en")))


@pytest.mark.slow
def test_a_film_that_is_cut_by_words_says_exactly_what_was_kept(model: Recogniser, tmp_path: Path) -> None:
    take = meeting(tmp_path / "take", SAID)
    start, end = START, at(SAID[-1].end + 1)
    sound = Plan(has_video=False)
    said = transcribe(take, sound, start, end, model)
    words = words_of(said)
    texts = plain("".join(word.text for word in words))
    assert len(texts) == len(words)
    gone = {  # all that Ben says, half a sentence of Cleo's, and Ann's thanks
        *(
            number
            for number, word in enumerate(words)
            if SAID[1].at < (word.start + word.end) / 2 / SECOND < SAID[1].end
        ),
        *(texts.index(word) for word in ("when", "meeting", "over", "thank")),
        *(texts.index("meeting") - 1, texts.index("over") - 1),
        *(texts.index("thank") + number for number in (1, 2, 3)),
    }
    ranges = left_of(words, (), end - start, Cutting(frozenset(gone)))
    film = Kept(tuple((start + since, start + until) for since, until in ranges))
    plan = laid_plan(take, sound.model_copy(update={"ranges": film.as_ranges()}))
    compose(take, tmp_path / "film.mp4", Pace(0, end), start=start, planned=Planned(plan))
    kept = [text for number, text in enumerate(texts) if number not in gone]
    heard = heard_again(model, tmp_path / "film.mp4")
    true = plain(SAID[0].text + "I can write to them this evening. Then we are done for today.")
    assert word_errors(true, heard) <= 2, f"{' '.join(kept)} / {' '.join(heard)}"  # the model's own mistakes
    assert not ({texts[number] for number in gone} - set(kept)) & set(heard)
    again = transcribe(take, plan, start, end, model)
    assert plain(" ".join(passage.text for passage in again.passages)) == kept, "and so does its transcript"
    assert again.end - again.start == sum(each.end - each.start for each in plan.ranges)
    assert all(again.start <= word.start <= word.end <= again.end for each in again.passages for word in each.words)
