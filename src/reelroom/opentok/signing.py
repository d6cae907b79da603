"""Signatures of our own: on the links of archives' files, and on callbacks to the application."""

import base64
import functools
import hashlib
import hmac
from uuid import uuid4

import jwt

_CALLBACK_SECONDS = 300


def link_signature(secret: str, file: str, expires: int, through: str = "") -> str:
    """The signature of a link to one file of an archive that works until `expires` (s since the epoch).

    `through` is the id of the film's link for whose bearer it is, and which must still hold.
    """
    signed = f"file:{file}:{expires}" + (f":{through}" if through else "")
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def link_is_valid(secret: str, file: str, expires: int, signature: str, now: float, through: str = "") -> bool:
    """Whether a link's signature is right and its time (s) not over."""
    right = link_signature(secret, file, expires, through)
    return now < expires and hmac.compare_digest(right.encode(), signature.encode())


def broadcast_signature(secret: str, broadcast_id: str) -> str:
    """What a broadcast's HLS address holds; it works for as long as the broadcast runs."""
    return hmac.new(secret.encode(), f"broadcast:{broadcast_id}".encode(), hashlib.sha256).hexdigest()


def broadcast_signature_is_valid(secret: str, broadcast_id: str, signature: str) -> bool:
    """Whether a broadcast's HLS address is one that the server gave."""
    return hmac.compare_digest(broadcast_signature(secret, broadcast_id).encode(), signature.encode())


@functools.lru_cache(maxsize=8)
def _callback_key(secret: str) -> jwt.PyJWK:
    """The secret as a key of JWTs: PyJWT looks at a plain text anew each time, whether it may be a public key."""
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    return jwt.PyJWK({"kty": "oct", "k": encoded}, algorithm="HS256")


def callback_token(secret: str, body: bytes, now: int) -> str:
    """A JWT (HS256) for a callback's Authorization header; `payload_hash` is the SHA-256 of the body in hex."""
    claims = {
        "iss": "reelroom",
        "iat": now,
        "exp": now + _CALLBACK_SECONDS,
        "jti": str(uuid4()),
        "payload_hash": hashlib.sha256(body).hexdigest(),
    }
    return jwt.encode(claims, _callback_key(secret), algorithm="HS256")


def callback_is_valid(secret: str, authorization: str | None, body: bytes) -> bool:
    """Whether an Authorization header is ours and was made for this body, less than five minutes ago."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    try:
        claims = jwt.decode(
            token,
            _callback_key(secret),
            algorithms=["HS256"],
            issuer="reelroom",
            leeway=30,
            options={"require": ["exp", "iat", "payload_hash"]},
        )
    except jwt.InvalidTokenError:
        return False
    return hmac.compare_digest(str(claims["payload_hash"]), hashlib.sha256(body).hexdigest())
