"""OpenTok's tokens and session ids: vectors made with OpenTok's own SDK, and all that must be refused."""

import base64
from dataclasses import replace

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.opentok.tokens import LONGEST_LIFE, ClientToken, TokenError, mint, new_session_id, session_key, verify

KEY = "123456"
SECRET = "1234567890abcdef1234567890abcdef1234567890"
NOW = 1_700_000_001.0

S1 = "1_MX4xMjM0NTZ-fjE3MDAwMDAwMDAwMDB-QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBfn4"
S2 = "2_MX4xMjM0NTZ-fjE3MDAwMDAwMDAwMDF-THpTUk0xQ0FIekJ6K2RWU0dYYi9xSWk4fn5-"
S3 = "1_MX4xMjM0NTZ-fk1vbiBNYXIgMTcgMDA6NDE6MzEgUERUIDIwMTR-MC42ODM3ODk1MzQ0OTQyODA4fg"
T1_A = (
    "T1==cGFydG5lcl9pZD0xMjM0NTYmc2lnPWY5MjA3ZTFlZjY1YmJjZjcxYzY4YzRhYjQwY2Y3ZmQzMmFiOGM0ZjA6c2Vzc2lv"
    "bl9pZD0xX01YNHhNak0wTlRaLWZqRTNNREF3TURBd01EQXdNREItUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJm"
    "bjQmY3JlYXRlX3RpbWU9MTcwMDAwMDAwMCZleHBpcmVfdGltZT0xNzAwMDg2NDAwJnJvbGU9cHVibGlzaGVyJm5vbmNlPTQy"
    "NDI0MiZpbml0aWFsX2xheW91dF9jbGFzc19saXN0PQ=="
)
T1_B = (
    "T1==cGFydG5lcl9pZD0xMjM0NTYmc2lnPTA3MWZiMmQxMjdlMjk1ZjRjZmFhODgxYWUwOGU5MWI2Y2UwMmRjZDA6c2Vzc2lv"
    "bl9pZD0yX01YNHhNak0wTlRaLWZqRTNNREF3TURBd01EQXdNREYtVEhwVFVrMHhRMEZJZWtKNksyUldVMGRZWWk5eFNXazRm"
    "bjUtJmNyZWF0ZV90aW1lPTE3MDAwMDAwMDAmZXhwaXJlX3RpbWU9MTcwMDAwMzYwMCZyb2xlPW1vZGVyYXRvciZub25jZT03"
    "JmluaXRpYWxfbGF5b3V0X2NsYXNzX2xpc3Q9Zm9jdXMrZnVsbCZjb25uZWN0aW9uX2RhdGE9bmFtZSUzRFpvJUMzJUFCKyUy"
    "Nitjbw=="
)
T1_C = (
    "T1==cGFydG5lcl9pZD0xMjM0NTYmc2lnPTFhMjgyMzA0ZDU1OGYwNjVhYmRhZjBmNGY3YzI5ZjlhMmYxOTgyMjg6c2Vzc2lv"
    "bl9pZD0xX01YNHhNak0wTlRaLWZrMXZiaUJOWVhJZ01UY2dNREE2TkRFNk16RWdVRVJVSURJd01UUi1NQzQyT0RNM09EazFN"
    "elEwT1RReU9EQTRmZyZjcmVhdGVfdGltZT0xNzAwMDAwMDAwJmV4cGlyZV90aW1lPTE3MDI1OTIwMDAmcm9sZT1zdWJzY3Jp"
    "YmVyJm5vbmNlPTk5OTk5OSZpbml0aWFsX2xheW91dF9jbGFzc19saXN0PSZjb25uZWN0aW9uX2RhdGE9JTdCJTIydSUyMiUz"
    "QTElN0Q="
)

VECTORS = {
    T1_A: ClientToken(S1, "publisher", 1_700_000_000, 1_700_086_400, "424242"),
    T1_B: ClientToken(S2, "moderator", 1_700_000_000, 1_700_003_600, "7", "name=Zoë & co", ("focus", "full")),
    T1_C: ClientToken(S3, "subscriber", 1_700_000_000, 1_702_592_000, "999999", '{"u":1}'),
}
ANN = VECTORS[T1_A]


@pytest.mark.parametrize(("text", "token"), VECTORS.items(), ids=["A", "B", "C"])
def test_tokens_of_opentoks_sdk_are_understood(text: str, token: ClientToken) -> None:
    assert verify(text, KEY, SECRET, NOW) == token


@pytest.mark.parametrize(("text", "token"), VECTORS.items(), ids=["A", "B", "C"])
def test_tokens_are_minted_as_opentoks_sdk_does_byte_for_byte(text: str, token: ClientToken) -> None:
    assert mint(token, KEY, SECRET) == text


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(
    st.builds(
        ClientToken,
        session_id=_text,
        role=st.sampled_from(["subscriber", "publisher", "publisheronly", "moderator"]),
        create_time=st.integers(1, 2**40),
        expire_time=st.just(0),
        nonce=_text,
        connection_data=_text,
        layout_classes=st.lists(st.from_regex(r"[a-z]+", fullmatch=True), max_size=3).map(tuple),
    ),
    st.integers(1, LONGEST_LIFE),
    st.floats(0, 1, exclude_max=True),
)
def test_what_is_minted_is_verified_while_it_lives(token: ClientToken, life: int, part: float) -> None:
    token = replace(token, expire_time=token.create_time + life)
    now = token.create_time + int(part * life)
    assert verify(mint(token, KEY, SECRET), KEY, SECRET, now) == token


def test_a_token_lives_30_days_at_most() -> None:
    month = replace(ANN, expire_time=ANN.create_time + LONGEST_LIFE)
    assert verify(mint(month, KEY, SECRET), KEY, SECRET, NOW) == month
    longer = replace(month, expire_time=month.expire_time + 1)
    with pytest.raises(TokenError, match="30 days"):
        verify(mint(longer, KEY, SECRET), KEY, SECRET, NOW)


def test_a_token_without_padding_or_with_url_safe_letters_is_understood() -> None:
    text = mint(replace(ANN, connection_data="?>~" * 20), KEY, SECRET)
    safe = text[4:].rstrip("=").replace("+", "-").replace("/", "_")
    assert verify("T1==" + safe, KEY, SECRET, NOW) == verify(text, KEY, SECRET, NOW)


def test_a_token_expires() -> None:
    assert verify(T1_A, KEY, SECRET, 1_700_086_399.9) == ANN
    with pytest.raises(TokenError, match="expired"):
        verify(T1_A, KEY, SECRET, 1_700_086_400)


def signed(data: str, key: str = KEY, secret: str = SECRET) -> str:
    """A token of any data whose signature is right."""
    minted = base64.b64decode(mint(ANN, key, secret)[4:]).split(b":")[0]
    from hashlib import sha1
    from hmac import digest

    head = minted.rpartition(b"=")[0] + b"=" + digest(secret.encode(), data.encode(), sha1).hex().encode()
    return "T1==" + base64.b64encode(head + b":" + data.encode()).decode()


def test_a_day_is_the_life_of_a_token_without_end() -> None:
    token = verify(signed("session_id=s&create_time=1700000000&nonce=1"), KEY, SECRET, NOW)
    assert (token.expire_time, token.role) == (1_700_086_400, "publisher")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("session_id=s&create_time=1700000000&role=owner", "role 'owner' is unknown"),
        ("create_time=1700000000&role=publisher", "lacks a session or a time"),
        ("session_id=s&role=publisher", "lacks a session or a time"),
        ("session_id=s&create_time=now", "lacks a session or a time"),
        ("session_id=s&create_time=nan", "lacks a session or a time"),
        ("session_id=s&create_time=1&expire_time=inf", "lacks a session or a time"),
        ("session_id=s&create_time=1&expire_time=", "lacks a session or a time"),
        ("", "lacks a session or a time"),
    ],
)
def test_data_that_makes_no_sense_is_refused_although_it_is_signed(data: str, why: str) -> None:
    with pytest.raises(TokenError, match=why):
        verify(signed(data), KEY, SECRET, NOW)


def test_another_secret_or_key_is_refused() -> None:
    with pytest.raises(TokenError, match="signature is wrong"):
        verify(mint(ANN, KEY, SECRET + "0"), KEY, SECRET, NOW)
    with pytest.raises(TokenError, match="another project"):
        verify(mint(ANN, "654321", SECRET), KEY, SECRET, NOW)


def test_a_better_role_cannot_be_written_into_a_token() -> None:
    raw = base64.b64decode(T1_C[4:])
    forged = raw.replace(b"role=subscriber", b"role=moderator")
    assert forged != raw
    with pytest.raises(TokenError, match="signature is wrong"):
        verify("T1==" + base64.b64encode(forged).decode(), KEY, SECRET, NOW)


def encoded(raw: bytes) -> str:
    return "T1==" + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "T1==",
        "T1==*",
        "T1==ä",
        T1_A[4:],
        T1_A.lower(),
        T1_A[:-30],
        T1_A[:60],
        "T1==" + T1_A,
        T1_A + T1_A,
        "T1==" + "A" * 40_000,
        encoded(b"\xff\xfe"),
        encoded(b"partner_id=123456&sig=:"),
        encoded(b"partner_id=123456&sig=" + b"0" * 40),
        encoded(b"partner_id=123456&sig=" + b"0" * 40 + b":\xff"),
        encoded("partner_id=123456é&sig=".encode() + b"0" * 40 + b":session_id=s"),
        encoded(b"sig=" + b"0" * 40 + b"&partner_id=123456:session_id=s"),
    ],
)
def test_damaged_tokens_are_refused(text: str) -> None:
    with pytest.raises(TokenError):
        verify(text, KEY, SECRET, NOW)


@given(st.integers(0, len(T1_A) - 1), st.characters(codec="utf-8"))
def test_no_single_letter_of_a_token_can_be_changed(at: int, letter: str) -> None:
    text = T1_A[:at] + letter + T1_A[at + 1 :]
    try:
        assert verify(text, KEY, SECRET, NOW) == ANN
    except TokenError:
        assert text != T1_A


@given(st.text(max_size=100), st.booleans())
def test_no_text_whatever_breaks_the_check(text: str, prefixed: bool) -> None:
    with pytest.raises(TokenError):
        verify("T1==" * prefixed + text, KEY, SECRET, NOW)


@given(st.binary(max_size=200))
def test_no_bytes_whatever_break_the_check(raw: bytes) -> None:
    with pytest.raises(TokenError):
        verify(encoded(raw), KEY, SECRET, NOW)


@pytest.mark.parametrize("session_id", [S1, S2, S3])
def test_the_key_in_a_session_id(session_id: str) -> None:
    assert session_key(session_id) == KEY


def test_a_new_session_id_is_in_opentoks_format() -> None:
    assert new_session_id(KEY, 1_700_000_000_000, "A" * 24) == S1


@pytest.mark.parametrize("text", ["", "1_", "demo", "3" + S1[1:], S1[2:], "1_ä", "1_" + "/" * 9, "1_fn5-", "1_MX4"])
def test_what_is_not_a_session_id_has_no_key(text: str) -> None:
    assert session_key(text) in {None, ""}


@given(st.text(max_size=60))
def test_no_text_whatever_breaks_the_reader_of_session_ids(text: str) -> None:
    session_key(text)
    session_key("1_" + text)


@pytest.mark.parametrize(
    "scope", ["", "account.read", "session.connector", "archive session", ["account.read"], None, 7]
)
def test_a_jwt_of_the_project_that_is_for_something_else_opens_no_session(scope: object) -> None:
    claims = {
        "iss": KEY,
        "ist": "project",
        "session_id": S1,
        "iat": int(NOW),
        "exp": int(NOW) + 60,
        "role": "publisher",
    }
    opens = jwt.encode({**claims, "scope": "session.connect"}, SECRET, algorithm="HS256")
    assert verify(opens, KEY, SECRET, NOW).session_id == S1
    other = jwt.encode({**claims, "scope": scope}, SECRET, algorithm="HS256")
    with pytest.raises(TokenError, match="is not one that opens a session"):
        verify(other, KEY, SECRET, NOW)
