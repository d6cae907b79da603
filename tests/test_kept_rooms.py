"""The cookie with the rooms of a browser: small, its server's own, and it loses no right to a visit."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from reelroom.opentok.kept_rooms import MOST_ROOMS, KeptRooms, read_kept_rooms, write_kept_rooms

SECRET = "a secret"


def test_what_is_kept_is_read_again() -> None:
    invitation = str(uuid4())
    kept = KeptRooms().with_room("Board", invitation).with_room("Stand-up")
    read = read_kept_rooms(write_kept_rooms(kept, SECRET), SECRET)
    assert read == kept
    assert read.has(" board ") and read.has("stand-up") and not read.has("elsewhere")
    assert (read.invitation("BOARD"), read.invitation("Stand-up"), read.invitation("elsewhere")) == (
        invitation,
        "",
        "",
    )


def test_a_visit_takes_no_invitation_away_and_another_takes_its_place() -> None:
    first, second = str(uuid4()), str(uuid4())
    kept = KeptRooms().with_room("board", first).with_room("board")
    assert kept.invitation("board") == first
    assert kept.with_room("board", second).invitation("board") == second


def test_of_many_rooms_those_are_forgotten_in_which_nobody_was_for_longest() -> None:
    kept = KeptRooms()
    for number in range(MOST_ROOMS * 3):
        kept = kept.with_room(f"room {number}", str(uuid4())).with_room("room 0")
    assert len(kept.rooms) == MOST_ROOMS
    assert kept.has("room 0") and kept.has(f"room {MOST_ROOMS * 3 - 1}") and not kept.has("room 1")
    assert len(write_kept_rooms(kept, SECRET)) < 2048


def test_a_visit_after_the_other_writes_nothing_anew() -> None:
    kept = KeptRooms().with_room("board").with_room("stand-up")
    assert kept.with_room("board") is kept


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_what_is_not_the_servers_own_says_nothing(text: str) -> None:
    assert read_kept_rooms(text, SECRET) == KeptRooms()


@given(st.integers(min_value=0), st.integers(1, 63))
def test_what_was_changed_says_nothing(place: int, by: int) -> None:
    text = write_kept_rooms(KeptRooms().with_room("board", str(uuid4())), SECRET)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    at = place % (len(text) - 1)  # the last letter has bits that stand for nothing
    changed = text[:at] + letters[(letters.index(text[at]) + by) % 64] + text[at + 1 :]
    assert read_kept_rooms(changed, SECRET) == KeptRooms()
    assert read_kept_rooms(text, "another secret") == KeptRooms()
