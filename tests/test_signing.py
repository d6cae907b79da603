"""Links that open a film for a while, and callbacks that only this server can have sent."""

import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.opentok.signing import callback_is_valid, callback_token, link_is_valid, link_signature

SECRET = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4
FILM = "30b3ebf1-ba36-4f5b-8def-6f70d9986fe9"
EXPIRES = 1_764_000_000
BODY = b'{"status": "started"}'


def test_a_link_opens_its_film_until_it_expires() -> None:
    signature = link_signature(SECRET, FILM, EXPIRES)
    assert link_is_valid(SECRET, FILM, EXPIRES, signature, EXPIRES - 0.1)
    assert not link_is_valid(SECRET, FILM, EXPIRES, signature, EXPIRES)


def test_a_link_opens_nothing_else() -> None:
    signature = link_signature(SECRET, FILM, EXPIRES)
    assert not link_is_valid(SECRET, FILM[:-1] + "8", EXPIRES, signature, 0)
    assert not link_is_valid(OTHER, FILM, EXPIRES, signature, 0)


def test_a_link_cannot_be_made_to_last() -> None:
    signature = link_signature(SECRET, FILM, EXPIRES)
    assert not link_is_valid(SECRET, FILM, EXPIRES + 1, signature, 0)
    assert not link_is_valid(SECRET, FILM + f":{EXPIRES}", EXPIRES, signature, 0)


@given(st.text(max_size=80))
def test_no_text_whatever_is_a_links_signature(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert not link_is_valid(SECRET, FILM, EXPIRES, text, 0)


def authorization(secret: str = SECRET, body: bytes = BODY, ago: int = 0) -> str:
    return "Bearer " + callback_token(secret, body, int(time.time()) - ago)


def test_a_callback_is_valid_for_its_body() -> None:
    assert callback_is_valid(SECRET, authorization(), BODY)
    assert callback_is_valid(SECRET, authorization().replace("Bearer", "bearer"), BODY)
    assert callback_is_valid(SECRET, authorization(body=b""), b"")


def test_another_body_is_refused() -> None:
    assert not callback_is_valid(SECRET, authorization(), BODY + b" ")
    assert not callback_is_valid(SECRET, authorization(), b"")


def test_another_secret_is_refused() -> None:
    assert not callback_is_valid(SECRET, authorization(OTHER), BODY)


def test_an_old_callback_is_refused() -> None:
    assert callback_is_valid(SECRET, authorization(ago=299), BODY)
    assert not callback_is_valid(SECRET, authorization(ago=331), BODY)


def test_a_callback_from_the_future_is_refused() -> None:
    assert not callback_is_valid(SECRET, authorization(ago=-60), BODY)


def test_two_callbacks_are_never_the_same() -> None:
    assert callback_token(SECRET, BODY, EXPIRES) != callback_token(SECRET, BODY, EXPIRES)


def claims(**changes: object) -> dict[str, object]:
    ours = jwt.decode(callback_token(SECRET, BODY, int(time.time())), SECRET, algorithms=["HS256"])
    return {name: value for name, value in (ours | changes).items() if value is not None}


@pytest.mark.parametrize(
    "changes", [{"iss": "somebody"}, {"iss": None}, {"exp": None}, {"iat": None}, {"payload_hash": None}]
)
def test_claims_that_are_not_ours_are_refused(changes: dict[str, object]) -> None:
    assert callback_is_valid(SECRET, "Bearer " + jwt.encode(claims(), SECRET, "HS256"), BODY)
    assert not callback_is_valid(SECRET, "Bearer " + jwt.encode(claims(**changes), SECRET, "HS256"), BODY)


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_other_algorithms_are_refused(algorithm: str) -> None:
    token = jwt.encode(claims(), None if algorithm == "none" else SECRET, algorithm)
    assert not callback_is_valid(SECRET, f"Bearer {token}", BODY)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer x.y.z", "Bearer ä", "Basic dXNlcjpwdw=="])
def test_what_is_no_token_is_refused(header: str | None) -> None:
    assert not callback_is_valid(SECRET, header, BODY)


def test_a_token_without_its_scheme_is_refused() -> None:
    assert not callback_is_valid(SECRET, authorization().removeprefix("Bearer "), BODY)
