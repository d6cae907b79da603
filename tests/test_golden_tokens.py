"""Client tokens and session ids, against the vectors that OpenTok's own SDK made."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from reelroom.opentok.credentials import bearer, check, claimed_key
from reelroom.opentok.tokens import ClientToken, TokenError, mint, new_session_id, session_key, verify

KEY, SECRET = "123456", "1234567890abcdef1234567890abcdef1234567890"
S1 = "1_MX4xMjM0NTZ-fjE3MDAwMDAwMDAwMDB-QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBfn4"
S2 = "2_MX4xMjM0NTZ-fjE3MDAwMDAwMDAwMDF-THpTUk0xQ0FIekJ6K2RWU0dYYi9xSWk4fn5-"
S3 = "1_MX4xMjM0NTZ-fk1vbiBNYXIgMTcgMDA6NDE6MzEgUERUIDIwMTR-MC42ODM3ODk1MzQ0OTQyODA4fg"
T1_A = (
    "T1==cGFydG5lcl9pZD0xMjM0NTYmc2lnPWY5MjA3ZTFlZjY1YmJjZjcxYzY4YzRhYjQwY2Y3ZmQzMmFiOGM0ZjA6c2Vzc2lvbl9p"
    "ZD0xX01YNHhNak0wTlRaLWZqRTNNREF3TURBd01EQXdNREItUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJmbjQmY3Jl"
    "YXRlX3RpbWU9MTcwMDAwMDAwMCZleHBpcmVfdGltZT0xNzAwMDg2NDAwJnJvbGU9cHVibGlzaGVyJm5vbmNlPTQyNDI0MiZpbml0"
    "aWFsX2xheW91dF9jbGFzc19saXN0PQ=="
)
T1_B = (
    "T1==cGFydG5lcl9pZD0xMjM0NTYmc2lnPTA3MWZiMmQxMjdlMjk1ZjRjZmFhODgxYWUwOGU5MWI2Y2UwMmRjZDA6c2Vzc2lvbl9p"
    "ZD0yX01YNHhNak0wTlRaLWZqRTNNREF3TURBd01EQXdNREYtVEhwVFVrMHhRMEZJZWtKNksyUldVMGRZWWk5eFNXazRmbjUtJmNy"
    "ZWF0ZV90aW1lPTE3MDAwMDAwMDAmZXhwaXJlX3RpbWU9MTcwMDAwMzYwMCZyb2xlPW1vZGVyYXRvciZub25jZT03JmluaXRpYWxf"
    "bGF5b3V0X2NsYXNzX2xpc3Q9Zm9jdXMrZnVsbCZjb25uZWN0aW9uX2RhdGE9bmFtZSUzRFpvJUMzJUFCKyUyNitjbw=="
)
T1_C = (
    "T1==cGFydG5lcl9pZD0xMjM0NTYmc2lnPTFhMjgyMzA0ZDU1OGYwNjVhYmRhZjBmNGY3YzI5ZjlhMmYxOTgyMjg6c2Vzc2lvbl9p"
    "ZD0xX01YNHhNak0wTlRaLWZrMXZiaUJOWVhJZ01UY2dNREE2TkRFNk16RWdVRVJVSURJd01UUi1NQzQyT0RNM09EazFNelEwT1RR"
    "eU9EQTRmZyZjcmVhdGVfdGltZT0xNzAwMDAwMDAwJmV4cGlyZV90aW1lPTE3MDI1OTIwMDAmcm9sZT1zdWJzY3JpYmVyJm5vbmNl"
    "PTk5OTk5OSZpbml0aWFsX2xheW91dF9jbGFzc19saXN0PSZjb25uZWN0aW9uX2RhdGE9JTdCJTIydSUyMiUzQTElN0Q="
)
JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZXNzaW9uX2lkIjoiMV9NWDR4TWpNME5UWi1makUzTURBd01EQXdNREF3TUR"
    "CLVFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCZm40Iiwicm9sZSI6InB1Ymxpc2hlciIsImlhdCI6MTcwMDAwMDAwMCw"
    "iZXhwIjoxNzAwMDg2NDAwLCJzY29wZSI6InNlc3Npb24uY29ubmVjdCIsImluaXRpYWxfbGF5b3V0X2NsYXNzX2xpc3QiOiJmb2N"
    "1cyIsImNvbm5lY3Rpb25fZGF0YSI6Im5hbWU9QW5uIiwiaXNzIjoiMTIzNDU2IiwiaXN0IjoicHJvamVjdCIsIm5vbmNlIjo0MjQ"
    "yNDJ9.W8DDsOKG2uaee5Axn3Tr7aYLBbKGQ_vgUnXSizsEOQI"
)
REST = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3QiOiJwcm9qZWN0IiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDA"
    "xODAsImlzcyI6IjEyMzQ1NiIsImp0aSI6IjAuNSJ9.5K67F3f78zNNT2CgTAmPeqHtoNyLmD0CdDYzFwTMOQk"
)
NOW = 1_700_000_001


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (T1_A, ClientToken(S1, "publisher", 1_700_000_000, 1_700_086_400, "424242")),
        (
            T1_B,
            ClientToken(S2, "moderator", 1_700_000_000, 1_700_003_600, "7", "name=Zoë & co", ("focus", "full")),
        ),
        (T1_C, ClientToken(S3, "subscriber", 1_700_000_000, 1_702_592_000, "999999", '{"u":1}')),
        (JWT, ClientToken(S1, "publisher", 1_700_000_000, 1_700_086_400, "424242", "name=Ann", ("focus",))),
    ],
    ids=["T1-A", "T1-B", "T1-C", "JWT"],
)
def test_golden_tokens_are_read(text: str, token: ClientToken) -> None:
    assert verify(text, KEY, SECRET, NOW) == token


@pytest.mark.parametrize("text", [T1_A, T1_B, T1_C, JWT])
def test_golden_tokens_are_refused_with_another_secret_key_or_time(text: str) -> None:
    with pytest.raises(TokenError, match="signature"):
        verify(text, KEY, SECRET[:-1], NOW)
    with pytest.raises(TokenError, match="another project"):
        verify(text, "654321", SECRET, NOW)
    with pytest.raises(TokenError, match="expired"):
        verify(text, KEY, SECRET, 1_800_000_000)
    with pytest.raises(TokenError):
        verify(text[:-12], KEY, SECRET, NOW)


def test_minted_token_is_the_golden_one() -> None:
    token = ClientToken(S2, "moderator", 1_700_000_000, 1_700_003_600, "7", "name=Zoë & co", ("focus", "full"))
    assert mint(token, KEY, SECRET) == T1_B


def test_session_ids_name_their_project() -> None:
    assert [session_key(each) for each in (S1, S2, S3)] == [KEY] * 3
    assert new_session_id(KEY, 1_700_000_000_000, "A" * 24) == S1
    assert session_key("1_nonsense") is None
    assert session_key("3" + S1[1:]) is None


def test_golden_rest_token_opens_the_api_of_its_project_alone() -> None:
    assert claimed_key(REST) == KEY
    check(REST, KEY, SECRET, "", NOW)
    with pytest.raises(TokenError, match="expired"):
        check(REST, KEY, SECRET, "", 1_700_000_180)
    with pytest.raises(TokenError, match="another project"):
        check(REST, "1", SECRET, "", NOW)
    with pytest.raises(TokenError, match="signature"):
        check(REST, KEY, "another", "", NOW)
    with pytest.raises(TokenError, match="not the REST API"):
        check(jwt.encode({"iss": KEY, "ist": "project", "scope": "session.connect"}, SECRET), KEY, SECRET, "", NOW)


@pytest.mark.parametrize(
    ("claims", "headers"),
    [
        ({"ist": "project", "exp": NOW + 60, "jti": 0.25}, {}),
        ({"ist": "project", "exp": (NOW + 60) * 1000, "iat": NOW}, {}),
        ({"exp": NOW + 60}, {"ist": "project"}),
        ({"ist": "project", "exp": NOW + 86_400, "iat": NOW + 100}, {}),
        ({"application_id": KEY, "jti": "1", "iat": NOW}, {}),
        ({"application_id": KEY, "jti": "1", "iat": NOW + 290}, {}),
        ({"application_id": KEY, "jti": "1", "iat": NOW - 590}, {}),
        ({"ist": "project", "exp": NOW + 60, "nbf": NOW + 290}, {}),
        ({"ist": "project", "exp": NOW + 60, "scope": "account.read"}, {}),
    ],
    ids=[
        "numeric jti",
        "exp in ms",
        "ist in the header",
        "clock ahead",
        "no exp",
        "no exp, clock ahead",
        "no exp, clock behind",
        "nbf, clock ahead",
        "another scope",
    ],
)
def test_rest_tokens_of_all_sdks_are_taken(claims: dict[str, Any], headers: dict[str, Any]) -> None:
    token = jwt.encode({"iss": KEY, **claims}, SECRET, headers=headers)
    check(bearer(token, None), KEY, SECRET, "", NOW)
    check(bearer(None, f"Bearer {token}"), KEY, SECRET, "", NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": NOW + 60},
        {"exp": NOW + 60, "ist": "account"},
        {"exp": True, "ist": "project"},
        {"exp": "soon", "ist": "project"},
        {"exp": NOW + 600, "iat": NOW + 600, "ist": "project"},
        {"iat": NOW - 601, "ist": "project"},
        {"iat": NOW + 301, "ist": "project"},
        {"iat": None, "ist": "project"},
        {"exp": None, "ist": "project"},
        {"exp": float("inf"), "ist": "project"},
        {"exp": float("nan"), "ist": "project"},
        {"exp": NOW + 60, "nbf": NOW + 301, "ist": "project"},
        {"exp": NOW + 60, "nbf": "now", "ist": "project"},
        {"exp": NOW + 60, "ist": "project", "scope": "session.connect"},
        {"exp": NOW + 60, "ist": "project", "scope": "x session.connect"},
        {"exp": NOW + 60, "ist": "project", "scope": ["session.connect"]},
        {"exp": NOW + 60, "ist": "project", "session_id": S1},
    ],
)
def test_rest_tokens_that_lack_something_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        check(jwt.encode({"iss": KEY, **claims}, SECRET), KEY, SECRET, "", NOW)


def client_jwt(**claims: Any) -> str:
    granted = {
        "iss": KEY,
        "ist": "project",
        "session_id": S1,
        "scope": "session.connect",
        "iat": NOW,
        "exp": NOW + 60,
    }
    kept = {name: value for name, value in {**granted, **claims}.items() if value is not None}
    return jwt.encode(kept, SECRET)


@pytest.mark.parametrize(
    "scope", [None, "", "session", "session.connected", "xsession.connect", ["session"], 1, {"session.connect": 1}]
)
def test_a_jwt_opens_a_session_only_with_the_scope_for_it(scope: Any) -> None:
    with pytest.raises(TokenError, match="not one that opens a session"):
        verify(client_jwt(scope=scope), KEY, SECRET, NOW)
    for right in ("session.connect", "a session.connect", ["a", "session.connect"]):
        assert verify(client_jwt(scope=right), KEY, SECRET, NOW).session_id == S1


def test_a_client_jwt_lives_from_nbf_to_exp_and_a_day_without() -> None:
    verify(client_jwt(nbf=NOW + 290), KEY, SECRET, NOW)
    with pytest.raises(TokenError, match="not valid yet"):
        verify(client_jwt(nbf=NOW + 301), KEY, SECRET, NOW)
    endless = client_jwt(exp=None)
    assert verify(endless, KEY, SECRET, NOW + 86_300).expire_time == int(NOW) + 86_400
    with pytest.raises(TokenError, match="expired"):
        verify(endless, KEY, SECRET, NOW + 86_400)
    assert verify(client_jwt(exp=None, expire_time=NOW + 7), KEY, SECRET, NOW).expire_time == int(NOW) + 7
    for nonsense in (True, "soon", float("inf"), float("nan")):
        with pytest.raises(TokenError):
            verify(client_jwt(exp=nonsense), KEY, SECRET, NOW)


@pytest.mark.parametrize("made", [{"create_time": 0}, {"iat": None}, {"create_time": -1}, {"create_time": NOW + 200}])
def test_thirty_days_are_the_most_whatever_a_token_says_of_its_making(made: dict[str, Any]) -> None:
    month = 30 * 86_400
    verify(client_jwt(exp=NOW + month, **made), KEY, SECRET, NOW)
    with pytest.raises(TokenError, match="30 days"):
        verify(client_jwt(exp=NOW + month + 1, **made), KEY, SECRET, NOW)
    with pytest.raises(TokenError, match="in the future"):
        verify(client_jwt(create_time=NOW + 301), KEY, SECRET, NOW)


@pytest.mark.parametrize("letter", ["a", "é", "漢", "\N{GRINNING FACE}", "&", " "])
def test_a_thousand_letters_of_any_script_are_carried(letter: str) -> None:
    data, classes = letter * 1000, (letter.strip() or "b") * 1000
    token = ClientToken(S1, "publisher", int(NOW), int(NOW) + 60, "1", data, (classes,))
    assert verify(mint(token, KEY, SECRET), KEY, SECRET, NOW) == token
    found = verify(client_jwt(connection_data=data, initial_layout_class_list=classes), KEY, SECRET, NOW)
    assert (found.connection_data, found.layout_classes) == (data, (classes,))


@pytest.mark.parametrize("text", ["", "a.b.c", "..", "T1==", "T1==é", "x" * 9000, "e30.W10.x", "e30.e30."])
def test_nonsense_is_no_token(text: str) -> None:
    with pytest.raises(TokenError):
        verify(text, KEY, SECRET, NOW)
    with pytest.raises(TokenError):
        check(text, claimed_key(text), SECRET, "", NOW)


def test_application_signs_with_its_private_key() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    application = "30b3ebf1-ba36-4f5b-8def-6f70d9986fe9"
    claims = {"application_id": application, "iat": NOW, "exp": NOW + 60, "jti": "1"}
    check(jwt.encode(claims, key, "RS256"), application, SECRET, public.decode(), NOW)
    client = {
        **claims,
        "scope": "session.connect",
        "session_id": "1_x",
        "role": "moderator",
        "initial_layout_class_list": ["focus", "full"],
        "acl": {"paths": {"/session/**": {}}},
    }
    token = verify(jwt.encode(client, key, "RS256"), application, SECRET, NOW, public.decode())
    assert (token.role, token.layout_classes, token.session_id) == ("moderator", ("focus", "full"), "1_x")
    with pytest.raises(TokenError):  # the public key is no secret: it signs nothing
        verify(jwt.encode(client, "x" * 32), application, SECRET, NOW, public.decode())
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(TokenError, match="signature"):
        check(jwt.encode(claims, other, "RS256"), application, SECRET, public.decode(), NOW)
