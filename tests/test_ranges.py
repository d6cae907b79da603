"""What is asked of a file by its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.api.ranges import NotSatisfiable, asked_range


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", None),
        ("bytes=0-", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=3-5", (3, 6)),
        ("bytes=3-500", (3, 10)),
        ("bytes=-4", (6, 10)),
        ("bytes=-400", (0, 10)),
        ("bytes=5-3", None),
        ("bytes=0-1,4-5", None),
        ("bytes=-", None),
        ("lines=1-2", None),
    ],
)
def test_a_range_is_from_where_to_before_where(asked: str, found: tuple[int, int] | None) -> None:
    assert asked_range({"range": asked}, 10, '"a"') == found


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=-0"])
def test_what_lies_beyond_the_end_is_refused(asked: str) -> None:
    with pytest.raises(NotSatisfiable):
        asked_range({"range": asked}, 10, '"a"')


def test_a_range_of_another_version_is_all_of_the_file() -> None:
    asked = {"range": "bytes=3-5"}
    assert asked_range({**asked, "if-range": '"a"'}, 10, '"a"') == (3, 6)
    assert asked_range({**asked, "if-range": '"b"'}, 10, '"a"') is None


@given(st.text(alphabet="bytes=-0123456789, ", max_size=30), st.integers(0, 100))
def test_whatever_is_asked_for_lies_within_the_file(asked: str, size: int) -> None:
    try:
        found = asked_range({"range": asked}, size, '"a"')
    except NotSatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= size
