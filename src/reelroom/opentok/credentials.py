"""Who calls the REST API: the JWT of a request's headers, checked against a project's keys."""

import base64
import binascii
import json
from typing import Any

from reelroom.opentok.tokens import CONNECT, LEEWAY, TokenError, read_claims, scopes, seconds

_LIFE_WITHOUT_END = 300  # s; OpenTok's documentation lets no token for the REST API live longer


def bearer(opentok_auth: str | None, authorization: str | None) -> str:
    """The JWT of `X-OPENTOK-AUTH`, or of `Authorization: Bearer`. Raises TokenError."""
    if opentok_auth and opentok_auth.strip():
        return opentok_auth.strip()
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    raise TokenError("The request lacks credentials: X-OPENTOK-AUTH, or Authorization: Bearer")


def claimed_key(token: str) -> str:
    """The project that a JWT says it is of; nothing is checked yet. Raises TokenError."""
    return _issuer(_part(token, 1))


def check(token: str, key: str, secret: str, public_key: str, now: float) -> None:
    """Whether a JWT is of that project, and its time (s) not over. Raises TokenError.

    Lenient where SDKs are: a numeric `jti`, none at all, no `iat`, `exp` in ms, `ist` in the header. Without `exp`,
    as Vonage's Java SDK signs, a token lives for some minutes from its `iat`.
    """
    claims = read_claims(token, secret, public_key)
    if _issuer(claims) != key:
        raise TokenError("The token is of another project")
    if "application_id" not in claims and (claims.get("ist") or _part(token, 0).get("ist")) != "project":
        raise TokenError("The token's `ist` is not `project`")
    if CONNECT in scopes(claims) or "session_id" in claims:
        raise TokenError("The token opens a session, not the REST API")
    if now >= _end(claims):
        raise TokenError("The token has expired")
    if "iat" in claims and seconds(claims, "iat") > now + LEEWAY:
        raise TokenError("The token was made in the future: check the caller's clock")
    if "nbf" in claims and seconds(claims, "nbf") > now + LEEWAY:
        raise TokenError("The token is not valid yet: check the caller's clock")


def signed_by(token: str, secret: str) -> bool:
    """Whether that secret has signed a JWT; nothing else is checked."""
    try:
        read_claims(token, secret, "")
    except TokenError:
        return False
    return True


def _end(claims: dict[str, Any]) -> float:
    """When (s) a token ends; the caller's clock counts where it says nothing of its end, so it may be behind, too."""
    if claims.get("exp") is None and "iat" in claims:
        return seconds(claims, "iat") + _LIFE_WITHOUT_END + LEEWAY
    return seconds(claims, "exp")


def _issuer(claims: dict[str, Any]) -> str:
    key = claims.get("application_id") or claims.get("iss")
    if not isinstance(key, str | int) or isinstance(key, bool):
        raise TokenError("The token names no project")
    return str(key)


def _part(token: str, index: int) -> dict[str, Any]:
    try:
        encoded = token.split(".")[index]
        value = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (IndexError, binascii.Error, ValueError, RecursionError):
        raise TokenError("The token is damaged") from None
    if not isinstance(value, dict):
        raise TokenError("The token is damaged")
    return value
