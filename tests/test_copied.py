"""Which pictures are copied and which are made: the decision alone."""

import random

from hypothesis import given
from hypothesis import strategies as st

from reelroom.cutting.copied import Copied, Copying, Sample, copied


def sample(number: int, file: str = "a", *, enters: bool = False, follows: bool = True) -> Sample:
    return Sample(file, number, number * 33_000, enters=enters, follows=follows and not enters)


def test_a_copy_begins_with_a_picture_that_can_be_decoded_by_itself() -> None:
    assert copied(None, "a", [sample(4)]) is None
    found = copied(None, "a", [sample(4), sample(5, enters=True), sample(6)])
    assert found is not None
    assert [each.number for each in found.samples] == [5, 6]
    assert found.copying == Copying("a", 7)


def test_it_goes_on_while_nothing_is_missing_and_may_end_at_any_picture() -> None:
    going = Copying("a", 7)
    assert copied(going, "a", [sample(7), sample(8)]) == Copied((sample(7), sample(8)), Copying("a", 9))
    assert copied(going, "a", []) == Copied((), going), "the one before is still seen"
    assert copied(going, None, [sample(7)]) is None
    assert copied(going, "a", [sample(7, follows=False)]) is None
    assert copied(going, "a", [sample(8)]) is None, "one was passed over"


def test_after_a_loss_it_goes_on_with_the_next_keyframe() -> None:
    found = copied(Copying("a", 7), "a", [sample(7, follows=False), sample(8, enters=True)])
    assert found is not None
    assert found.samples == (sample(8, enters=True),)


def test_another_file_is_entered_at_a_keyframe_of_its_own() -> None:
    assert copied(Copying("a", 7), "b", [sample(7, "b")]) is None
    found = copied(Copying("a", 7), "b", [sample(7, "b", enters=True)])
    assert found is not None
    assert found.copying == Copying("b", 8)


@given(seed=st.integers(0, 1 << 30))
def test_whatever_is_copied_can_be_decoded(seed: int) -> None:
    """Two cameras with keyframes and losses anywhere, cuts anywhere, up to three pictures a step."""
    chance = random.Random(seed)
    cameras = {
        file: [
            sample(number, file, enters=chance.random() < 0.2, follows=chance.random() < 0.9) for number in range(120)
        ]
        for file in "ab"
    }
    at = dict.fromkeys(cameras, 0)
    copying: Copying | None = None
    before: Sample | None = None
    shown: str | None = "a"
    for _ in range(80):
        steps = {file: chance.randrange(3) for file in cameras}
        if chance.random() < 0.1:
            shown = chance.choice(["a", "b", None])
        samples: list[Sample] = []
        for file, count in steps.items():
            if file == shown:
                going = copying is not None and copying.file == file
                first = copying.next if copying is not None and going else at[file]
                samples = cameras[file][first : at[file] + count]
            at[file] = min(at[file] + count, 118)
        found = copied(copying, shown, samples)
        for each in found.samples if found else ():
            goes_on = before is not None and (before.file, before.number + 1) == (each.file, each.number)
            assert each.file == shown
            assert each.enters or (each.follows and goes_on)
            before = each
        if found is None:
            before = None
        copying = found.copying if found else None
