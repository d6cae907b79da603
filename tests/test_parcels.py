"""Parcels: what a growing file is shipped in lays it out again, whoever took it over, and whatever came late."""

from hypothesis import given
from hypothesis import strategies as st

from reelroom.files.parcels import Parcel, Part, laid_out, length, read_name


def test_a_file_is_its_parcels_in_order() -> None:
    first, second = Parcel("events.jsonl", 1, 0, 10), Parcel("events.jsonl", 1, 10, 5)
    other = Parcel("tracks/1-a-1.mkv", 1, 0, 7)
    found = laid_out([other, second, first])
    assert found == {"events.jsonl": [Part(first, 10), Part(second, 5)], "tracks/1-a-1.mkv": [Part(other, 7)]}
    assert length(found["events.jsonl"]) == 15


def test_a_file_ends_where_a_parcel_is_missing() -> None:
    first, third = Parcel("a", 1, 0, 10), Parcel("a", 1, 20, 5)
    assert laid_out([first, third]) == {"a": [Part(first, 10)]}
    assert laid_out([third]) == {"a": []}


def test_what_a_server_ships_that_was_relieved_counts_no_more() -> None:
    before, late = Parcel("a", 1, 0, 10), Parcel("a", 1, 10, 90)
    after = Parcel("a", 2, 10, 3)
    assert laid_out([before, late, after]) == {"a": [Part(before, 10), Part(after, 3)]}
    # Whoever took over had seen half of a parcel only: the file was torn there.
    torn = Parcel("a", 2, 4, 3)
    assert laid_out([before, late, torn]) == {"a": [Part(before, 4), Part(torn, 3)]}


def test_names_are_read_and_those_that_lead_elsewhere_are_not() -> None:
    parcel = Parcel("tracks/1-TR_x-2.mkv", 3, 4096, 17)
    assert parcel.name == "tracks/1-TR_x-2.mkv/00000003-000000000004096"
    assert read_name(parcel.name, 17) == parcel
    for name in ("../../keys.json", "/etc/passwd", "tracks/../../x", "tracks//x", "a\0b", "."):
        assert read_name(f"{name}/00000001-000000000000000", 1) is None
    for name in ("take.json", "take.json/1-0", "take.json/00000001-00000000000000x"):
        assert read_name(name, 1) is None


@st.composite
def _histories(draw: st.DrawFn) -> tuple[bytes, list[tuple[Parcel, bytes]]]:
    """A file as its last holder has it, and what all who ever held it have shipped, some of it late."""
    whole, shipped = b"", []
    for fence in range(1, draw(st.integers(1, 4)) + 1):
        for _ in range(draw(st.integers(0, 4))):
            data = draw(st.binary(min_size=1, max_size=9))
            shipped.append((Parcel("a", fence, len(whole), len(data)), data))
            whole += data
        unseen = draw(st.integers(0, 2))  # what the next holder does not know of when it begins
        at = len(whole)
        for _ in range(unseen):
            data = draw(st.binary(min_size=1, max_size=9))
            shipped.append((Parcel("a", fence, at, len(data)), data))
            at += len(data)
        last = draw(st.binary(min_size=1, max_size=9))
        shipped.append((Parcel("a", fence + 1, len(whole), len(last)), last))
        whole += last
    return whole, shipped


@given(_histories(), st.randoms(use_true_random=False))
def test_any_history_gives_the_file_of_its_last_holder(
    history: tuple[bytes, list[tuple[Parcel, bytes]]], random: object
) -> None:
    whole, shipped = history
    known = dict(shipped)
    random.shuffle(shipped)  # type: ignore[attr-defined]
    parts = laid_out([parcel for parcel, _ in shipped]).get("a", [])
    assert b"".join(known[part.parcel][: part.size] for part in parts) == whole
