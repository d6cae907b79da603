"""OpenTok's session ids and client tokens, made and checked; the formats are those of OpenTok's server SDKs."""

import base64
import binascii
import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import parse_qs, urlencode

import jwt
from jwt.types import Options

Role = Literal["subscriber", "publisher", "publisheronly", "moderator"]
ROLES: dict[str, Role] = {role: role for role in get_args(Role)}

_T1 = "T1=="
CONNECT = "session.connect"  # the scope of a token that opens a session
_MILLISECONDS = 100_000_000_000  # a time beyond this (the year 5138) is in ms
_HEAD = re.compile(r"partner_id=(?P<key>[^&]*)&sig=(?P<signature>[0-9a-f]{40})")
LONGEST_LIFE = 30 * 24 * 3600  # s
LONGEST_DATA = 1024  # characters of connection data, and of layout classes
# A T1 token's fields are percent-encoded, then base64: a letter of any script takes up to 12 characters, of which
# base64 makes 16; beside data and classes there is room for the rest.
LONGEST_TOKEN = 2 * LONGEST_DATA * 16 + 4096
LEEWAY = 300  # s by which the clock of whoever made a token may be off


class TokenError(ValueError):
    """A token that opens nothing; the message says why."""


@dataclass(frozen=True)
class ClientToken:
    """What a client token grants; times in s since the epoch.

    `invitation` is the id of the one in return for which this server made it; "" for any other.
    """

    session_id: str
    role: Role
    create_time: int
    expire_time: int
    nonce: str
    connection_data: str = ""
    layout_classes: tuple[str, ...] = ()
    invitation: str = ""


def new_session_id(api_key: str, now_ms: int, random: str) -> str:
    """A session id: `1_` and the URL-safe base64 of `1~key~~time~random~~`; `random` is 24 letters or digits."""
    fields = f"1~{api_key}~~{now_ms}~{random}~~"
    return "1_" + base64.urlsafe_b64encode(fields.encode()).decode().rstrip("=")


def session_key(session_id: str) -> str | None:
    """The API key in a session id, or None when it is not one."""
    prefix, _, encoded = session_id.partition("_")
    if prefix not in {"1", "2"}:
        return None
    try:
        fields = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode().split("~")
    except (binascii.Error, ValueError):
        return None
    return fields[1] if len(fields) > 1 and fields[0] == "1" else None


def _signature(secret: str, data: bytes) -> str:
    return hmac.new(secret.encode(), data, hashlib.sha1).hexdigest()


def mint(token: ClientToken, api_key: str, api_secret: str) -> str:
    """The T1 form of a token: `T1==` and base64 of the key, an HMAC-SHA1 signature and the form-encoded data."""
    fields = {
        "session_id": token.session_id,
        "create_time": str(token.create_time),
        "expire_time": str(token.expire_time),
        "role": token.role,
        "nonce": token.nonce,
        "initial_layout_class_list": " ".join(token.layout_classes),
    }
    if token.connection_data:
        fields["connection_data"] = token.connection_data
    if token.invitation:
        fields["invitation"] = token.invitation
    data = urlencode(fields)
    head = f"partner_id={api_key}&sig={_signature(api_secret, data.encode())}:"
    return _T1 + base64.b64encode((head + data).encode()).decode()


def verify(text: str, api_key: str, api_secret: str, now: float, public_key: str = "") -> ClientToken:
    """A token in either form, T1 or JWT, checked against its project's keys and the time (s). Raises TokenError.

    `public_key` (PEM) is that of a Vonage application, whose JWTs are signed with RS256.
    """
    if len(text) > LONGEST_TOKEN:
        raise TokenError("The token is not an OpenTok token")
    if text.startswith(_T1):
        return _checked(_read_t1(text, api_key, api_secret), now)
    if text.count(".") == 2:
        return _checked(_read_jwt(text, api_key, api_secret, public_key, now), now)
    raise TokenError("The token is not an OpenTok token")


def _read_t1(text: str, api_key: str, api_secret: str) -> dict[str, Any]:
    try:
        encoded = text[len(_T1) :].replace("-", "+").replace("_", "/")
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        head, separator, data = raw.partition(b":")
        match = _HEAD.fullmatch(head.decode())
        fields = parse_qs(data.decode(), keep_blank_values=True)
    except ValueError:
        raise TokenError("The token is damaged") from None
    if match is None or not separator:
        raise TokenError("The token is damaged")
    if not hmac.compare_digest(match["key"].encode(), api_key.encode()):
        raise TokenError("The token is of another project")
    if not hmac.compare_digest(match["signature"], _signature(api_secret, data)):
        raise TokenError("The token's signature is wrong")
    return {name: values[0] for name, values in fields.items()}


_SIGNATURE_ALONE: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def read_claims(text: str, api_secret: str, public_key: str) -> dict[str, Any]:
    """The claims of a JWT whose signature is right; no claim has been checked. Raises TokenError.

    SDKs put numbers where PyJWT wants texts (`jti`), so claims are left to the caller.
    """
    try:
        rsa = is_for_public_key(text, public_key)
        return jwt.decode(
            text,
            public_key if rsa else api_secret,
            algorithms=["RS256"] if rsa else ["HS256"],
            options=_SIGNATURE_ALONE,
        )
    except jwt.InvalidSignatureError:
        raise TokenError("The token's signature is wrong") from None
    except (jwt.PyJWTError, ValueError):
        raise TokenError("The token is damaged") from None


def is_for_public_key(text: str, public_key: str) -> bool:
    """Whether a token is one whose signature a project's public key checks, and not its secret. Raises PyJWTError."""
    return bool(public_key) and text.count(".") == 2 and jwt.get_unverified_header(text).get("alg") == "RS256"


def scopes(claims: Mapping[str, Any]) -> set[str]:
    """The words of a JWT's scope, which is a text or a list of them."""
    scope = claims.get("scope") or ""
    return set(scope.split() if isinstance(scope, str) else map(str, scope) if isinstance(scope, list) else ())


def seconds(claims: Mapping[str, Any], name: str) -> float:
    """A time of a JWT in s since the epoch, also where it came in ms. Raises TokenError."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenError(f"The token's `{name}` is missing or no number")
    return value / 1000 if value > _MILLISECONDS else value


def _read_jwt(text: str, api_key: str, api_secret: str, public_key: str, now: float) -> dict[str, Any]:
    claims = read_claims(text, api_secret, public_key)
    if str(claims.get("application_id") or claims.get("iss") or "") != api_key:
        raise TokenError("The token is of another project")
    if CONNECT not in scopes(claims):
        raise TokenError("The token is not one that opens a session")
    if claims.get("nbf") is not None and seconds(claims, "nbf") > now + LEEWAY:
        raise TokenError("The token is not valid yet")
    classes = claims.get("initial_layout_class_list") or ""
    if isinstance(classes, list):
        classes = " ".join(map(str, classes))
    created = claims.get("create_time", claims.get("iat", 0))
    end = {name: claims[name] for name in ("exp", "expire_time") if claims.get(name) is not None}
    ends = {"expire_time": seconds(claims, next(iter(end)))} if end else {}  # else a day, as with T1
    return {
        **{name: value for name, value in claims.items() if name != "expire_time"},
        **ends,
        "create_time": created,
        "initial_layout_class_list": classes,
        "connection_data": claims.get("connection_data") or "",
    }


def _checked(fields: dict[str, Any], now: float) -> ClientToken:
    role: Any = fields.get("role") or "publisher"
    try:
        created = int(float(fields["create_time"]))
        expires = int(float(fields.get("expire_time", created + 24 * 3600)))
        session_id = str(fields["session_id"])
    except (KeyError, ValueError, TypeError, OverflowError):
        raise TokenError("The token lacks a session or a time") from None
    if role not in get_args(Role):
        raise TokenError(f"The token's role {str(role)[:40]!r} is unknown")
    if now >= expires:
        raise TokenError("The token has expired")
    if created > now + LEEWAY:
        raise TokenError("The token was made in the future: check the clock of whoever made it")
    if expires - (min(created, now) if created > 0 else now) > LONGEST_LIFE:
        raise TokenError("The token works for more than 30 days")
    data, classes = str(fields.get("connection_data", "")), str(fields.get("initial_layout_class_list", ""))
    if len(data) > LONGEST_DATA or len(classes) > LONGEST_DATA:
        raise TokenError(f"The token's connection data or layout classes have more than {LONGEST_DATA} characters")
    return ClientToken(
        session_id=session_id,
        role=role,
        create_time=created,
        expire_time=expires,
        nonce=str(fields.get("nonce", "")),
        connection_data=data,
        layout_classes=tuple(classes.split()),
        invitation=str(fields.get("invitation", ""))[:64],
    )
