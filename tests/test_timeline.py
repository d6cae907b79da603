"""From cuts to shots."""

from reelroom.cutting.timeline import Cut, Shot, Timeline, laid_out, shots_between

ANN = Cut(10, "ann", "camera", "speaking")
BOB = Cut(20, "bob", "camera", "speaking")


def test_each_cut_lasts_until_the_next() -> None:
    assert shots_between([ANN, BOB], 10, 30).shots == (
        Shot(10, 20, "ann", "camera", "speaking"),
        Shot(20, 30, "bob", "camera", "speaking"),
    )


def test_a_cut_before_the_start_decides_the_first_shot() -> None:
    assert shots_between([ANN, BOB], 15, 25).shots == (
        Shot(15, 20, "ann", "camera", "speaking"),
        Shot(20, 25, "bob", "camera", "speaking"),
    )


def test_cuts_after_the_end_are_left_out() -> None:
    assert shots_between([ANN, BOB], 10, 20).shots == (Shot(10, 20, "ann", "camera", "speaking"),)


def test_before_the_first_cut_there_is_nobody() -> None:
    first = shots_between([ANN], 5, 15).shots[0]
    assert first == Shot(5, 10, "", "nobody", "nobody_here")
    assert shots_between([ANN], 0, 10).shots == (Shot(0, 10, "", "nobody", "nobody_here"),)


def test_without_cuts_there_is_nobody() -> None:
    assert shots_between([], 10, 20).shots == (Shot(10, 20, "", "nobody", "nobody_here"),)


def test_two_cuts_at_one_moment_make_one_shot() -> None:
    assert shots_between([ANN, Cut(10, "cleo", "screen_share", "screen_shared"), BOB], 10, 20).shots == (
        Shot(10, 20, "cleo", "screen_share", "screen_shared"),
    )


def test_an_empty_time_has_no_shots() -> None:
    assert shots_between([ANN], 15, 15) == Timeline(15, 15, ())


def test_as_json() -> None:
    assert shots_between([ANN], 10, 20).to_json() == {
        "version": 1,
        "start": 10,
        "end": 20,
        "shots": [
            {"start": 10, "end": 20, "participant": "ann", "showing": "camera", "reason": "speaking", "inset": ""}
        ],
    }


def test_a_change_of_layout_ends_a_shot() -> None:
    timeline = laid_out(shots_between([ANN, BOB], 10, 30), [(5, "pip"), (15, "bestFit"), (20, "pip")])
    assert timeline.shots == (
        Shot(10, 15, "ann", "camera", "speaking", layout="pip"),
        Shot(15, 20, "ann", "camera", "speaking", layout="bestFit"),
        Shot(20, 30, "bob", "camera", "speaking", layout="pip"),
    )


def test_without_a_plan_the_layout_is_the_active_speakers() -> None:
    timeline = laid_out(shots_between([ANN], 10, 30), [(20, "pip"), (20, "bestFit"), (40, "pip")])
    assert [(shot.start, shot.end, shot.layout) for shot in timeline.shots] == [
        (10, 20, "active-speaker"),
        (20, 30, "bestFit"),
    ]


def test_an_inset_goes_from_the_cut_into_the_shot() -> None:
    cut = Cut(10, "ann", "screen_share", "screen_shared", "bob")
    timeline = laid_out(shots_between([cut], 10, 30), [])
    assert timeline.to_json()["shots"] == [
        {"start": 10, "end": 30, "participant": "ann", "showing": "screen_share", "reason": "screen_shared"}
        | {"inset": "bob", "layout": "active-speaker"}
    ]
