"""OpenTok's session ids and client tokens, made and checked; the formats are those of OpenTok's server SDKs."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import parse_qs, urlencode

Role = Literal["subscriber", "publisher", "publisheronly", "moderator"]

_T1 = "T1=="
_HEAD = re.compile(r"partner_id=(?P<key>[^&]*)&sig=(?P<signature>[0-9a-f]{40})")
_LONGEST = 8192


class TokenError(ValueError):
    """A token that opens nothing; the message says why."""


@dataclass(frozen=True)
class ClientToken:
    """What a client token grants; times in s since the epoch."""

    session_id: str
    role: Role
    create_time: int
    expire_time: int
    nonce: str
    connection_data: str = ""
    layout_classes: tuple[str, ...] = ()


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
    data = urlencode(fields)
    head = f"partner_id={api_key}&sig={_signature(api_secret, data.encode())}:"
    return _T1 + base64.b64encode((head + data).encode()).decode()


def verify(text: str, api_key: str, api_secret: str, now: float) -> ClientToken:
    """The token in its T1 form, checked against key, secret and time (s). Raises TokenError."""
    if not text.startswith(_T1) or len(text) > _LONGEST:
        raise TokenError("The token is not an OpenTok token")
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
    return _checked({name: values[0] for name, values in fields.items()}, now)


def _checked(fields: dict[str, str], now: float) -> ClientToken:
    role = fields.get("role", "publisher")
    try:
        created = int(float(fields["create_time"]))
        expires = int(float(fields.get("expire_time", created + 24 * 3600)))
        session_id = fields["session_id"]
    except (KeyError, ValueError, OverflowError):
        raise TokenError("The token lacks a session or a time") from None
    if role not in get_args(Role):
        raise TokenError(f"The token's role {role!r} is unknown")
    if now >= expires:
        raise TokenError("The token has expired")
    return ClientToken(
        session_id=session_id,
        role=role,  # type: ignore[arg-type]  # checked just above
        create_time=created,
        expire_time=expires,
        nonce=fields.get("nonce", ""),
        connection_data=fields.get("connection_data", ""),
        layout_classes=tuple(fields.get("initial_layout_class_list", "").split()),
    )
