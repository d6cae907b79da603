"""Forged, damaged and nonsensical tokens, invitations and grants: refused in words, whatever they are."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.opentok.credentials import check, claimed_key
from reelroom.opentok.invites import Invite, read_invite, write_invite
from reelroom.opentok.recorder_grants import check_grant, write_grant
from reelroom.opentok.signing import callback_is_valid, callback_token
from reelroom.opentok.tokens import TokenError

SECRET, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
KEY = "12345678"
NOW = int(time.time())
BODY = b"{}"
INVITE = Invite("board", "subscriber", NOW + 3600, NOW + 7200, "an-id")


def _callback(text: str) -> None:
    if not callback_is_valid(SECRET, f"Bearer {text}", BODY):
        raise TokenError("The callback is not signed by this server")


# What is read, by whom: each returns, or raises TokenError.
READERS: dict[str, Callable[[str], object]] = {
    "an invitation": lambda text: read_invite(text, SECRET),
    "a recorder's grant": lambda text: check_grant(text, "board", SECRET),
    "a project's key": lambda text: check(text, KEY, SECRET, "", NOW),
    "a callback's signature": _callback,
}
RIGHT = {
    "an invitation": write_invite(INVITE, SECRET),
    "a recorder's grant": write_grant("board", 3600, SECRET),
    "a project's key": jwt.encode({"iss": KEY, "ist": "project", "iat": NOW, "exp": NOW + 60}, SECRET, "HS256"),
    "a callback's signature": callback_token(SECRET, BODY, NOW),
}
each = pytest.mark.parametrize("what", READERS)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    (
        *("iss", "ist", "iat", "exp", "nbf", "jti", "aud", "room", "role", "scope", "session_id", "application_id"),
        *("room_until", "films_until", "payload_hash"),
    )
)


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@each
def test_what_is_right_is_taken(what: str) -> None:
    READERS[what](RIGHT[what])


@each
@given(text=st.text(max_size=200) | st.binary(max_size=150).map(lambda raw: base64.b64encode(raw).decode()))
def test_no_text_whatever_is_taken(what: str, text: str) -> None:
    with pytest.raises(TokenError):
        READERS[what](text)


@each
@given(at=st.integers(0, 400), letter=st.sampled_from("Aa0_-.=é\x00"))
def test_no_letter_can_be_changed(what: str, at: int, letter: str) -> None:
    right = RIGHT[what]
    at %= len(right)
    if _same(right, changed := right[:at] + letter + right[at + 1 :]):
        return  # the last letters of a part have bits to spare
    with pytest.raises(TokenError):
        READERS[what](changed)


def _same(right: str, changed: str) -> bool:
    def parts(text: str) -> list[bytes]:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(".")]

    try:
        return changed.isascii() and parts(right) == parts(changed)
    except ValueError:
        return False


@each
@pytest.mark.parametrize("algorithm", ["none", "None", "HS384", "RS256", "ES256", "", None, 7])
def test_no_other_way_of_signing_is_taken(what: str, algorithm: object) -> None:
    _, claims, signature = RIGHT[what].split(".")
    for end in ("", signature):
        with pytest.raises(TokenError):
            READERS[what](f"{_encoded({'alg': algorithm, 'typ': 'JWT'})}.{claims}.{end}")


@each
def test_what_another_secret_signed_is_not_taken(what: str) -> None:
    claims = jwt.decode(RIGHT[what], options={"verify_signature": False})
    for secret in (OTHER, SECRET[:-1], f"{SECRET} "):
        with pytest.raises(TokenError):
            READERS[what](jwt.encode(claims, secret, "HS256"))


@pytest.mark.parametrize("what", ["an invitation", "a recorder's grant", "a project's key"])
def test_one_is_not_taken_for_another(what: str) -> None:
    for other, text in RIGHT.items():
        if other != what:
            with pytest.raises(TokenError):
                READERS[what](text)


@each
@given(
    claims=st.dictionaries(names, values, max_size=8), header=st.dictionaries(st.text(max_size=5), values, max_size=2)
)
def test_nonsense_that_is_signed_is_refused_in_words(
    what: str, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    """A project signs what it pleases; what it lets in is a token that says all it must."""
    signed = jwt.api_jws.encode(json.dumps(claims).encode(), SECRET, "HS256", headers=None)
    for text in (signed, f"{_encoded(header)}.{signed.partition('.')[2]}"):
        try:
            READERS[what](text)
        except TokenError:
            continue
        assert what == "a project's key" and str(claims.get("application_id") or claims.get("iss")) == KEY


@given(text=st.text(max_size=100) | st.lists(values, max_size=3).map(lambda parts: ".".join(map(_encoded, parts))))
def test_whose_a_token_says_it_is_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(claimed_key(text), str)
    except TokenError as error:
        assert str(error)
