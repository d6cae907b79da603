"""What every request passes: its size, how often its address asks, and the headers that keep a browser safe."""

import ipaddress
import json
import time
from collections import OrderedDict
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reelroom.api.origin import Origins
from reelroom.config import Settings, read_roles
from reelroom.telephones.guesses import Guesses

_LARGEST_BODY = 1 << 20  # bytes
_MOST_ADDRESSES = 10_000
_LIMITED = (
    ("GET", "/session/"),
    ("GET", "/rooms/"),
    ("POST", "/session/"),
    ("POST", "/render"),
    ("POST", "/v2/project/"),
    ("POST", "/archive/"),
    ("DELETE", "/archive/"),
    ("PATCH", "/archive/"),
    ("GET", "/archives"),
    ("GET", "/shared"),
    ("GET", "/admin/"),
    ("GET", "/metrics"),
    *((method, path) for method in ("POST", "DELETE") for path in ("/invitations/", "/telephones/")),
)
# By servers of every role: who watches them, the engine, and what they tell themselves.
_ALWAYS_ANSWERED = {"/healthz", "/readyz", "/metrics", "/engine/events", "/render/status"}
_NOT_LIMITED = ("/render/status",)  # the server's own callback
_BY_ADMIN_TOKEN = ("/admin/", "/metrics")
_GUESSES_SECONDS, _MOST_WRONG = 60.0, 10  # of an address; then the right one opens nothing, either


class Bucket:
    """Calls that one address may still make: `burst` at once, `rate` a second in the long run."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float) -> float:
        """0 when the call may be made, else how long (s) to wait."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate


class Rates:
    """A bucket for each address, the least recently used forgotten first."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """How long (s) an address must wait; 0 when it need not."""
        if self._per_minute <= 0:
            return 0.0
        bucket = self._buckets.pop(address, None) or Bucket(self._per_minute / 60, self._per_minute / 2 + 1, now)
        self._buckets[address] = bucket
        while len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take(now)


def security_headers(settings: Settings) -> dict[str, str]:
    """For every answer; the page talks to this server and the engine, and plays what they send."""
    engine = urlsplit(settings.engine_public_url)
    web = "https" if engine.scheme in {"wss", "https"} else "http"
    socket = "wss" if engine.scheme in {"wss", "https"} else "ws"
    policy = {
        "default-src": "'self'",
        "connect-src": f"'self' {socket}://{engine.netloc} {web}://{engine.netloc}",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob: mediastream:",
        "font-src": "'self' data:",
        "style-src": "'self' 'unsafe-inline'",
        "script-src": "'self' 'wasm-unsafe-eval'",  # what blurs a background is WebAssembly
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *settings.allowed_origins]),
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    }


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = security_headers(settings)
        self._limits = Rates(settings.calls_per_minute)
        self._guesses = Guesses(_GUESSES_SECONDS, {"address": _MOST_WRONG}) if settings.calls_per_minute else None
        self._origins = Origins.of(settings)
        self._answers_all = "api" in read_roles(settings.roles)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith(("/v2/", "/session/create/")) and path.endswith("/"):
            scope = {**scope, "path": path.rstrip("/"), "raw_path": None}
        start = self._with_headers(send)
        headers = Headers(scope=scope)
        if why := self._origins.why_refused(scope["method"], path, headers):
            await _refuse(start, 403, why, {})
            return
        if not self._answers_all and path not in _ALWAYS_ANSWERED:
            await _refuse(start, 503, "This server has no role 'api' (REELROOM_ROLES): call one that has", {})
            return
        if "transfer-encoding" in headers and "content-length" in headers:  # RFC 9112, 6.1: two ends, two requests
            text = "A request says how long its body is only once: Content-Length or Transfer-Encoding"
            await _refuse(start, 400, text, {"connection": "close"})
            return
        if (wait := self._wait(scope)) > 0:
            text = "Too many calls from this address; try again in a moment"
            await _refuse(start, 429, text, {"retry-after": str(int(wait) + 1)})
            return
        if self._guesses is not None and path.startswith(_BY_ADMIN_TOKEN):
            address = _address(scope)
            if not self._guesses.may(time.monotonic(), address=address):
                text = "Too many wrong admin tokens from this address; try again in a minute"
                await _refuse(start, 429, text, {"retry-after": str(int(_GUESSES_SECONDS))})
                return
            start = _noting_refusals(start, self._guesses, address)
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > _LARGEST_BODY:
            await _refuse_body(start)
            return
        body = _Body(receive)
        try:
            await self._app(scope, body.receive, body.unless_too_large(start))
        except ClientDisconnect:
            if not body.is_too_large:
                raise
        if body.is_too_large and not body.is_answered:
            await _refuse_body(start)

    def _wait(self, scope: Scope) -> float:
        path, method = scope["path"], scope["method"]
        if path in _NOT_LIMITED or not any(method == each and path.startswith(start) for each, start in _LIMITED):
            return 0.0
        return self._limits.wait(_address(scope), time.monotonic())

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return sending


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return counted_as(client[0] if client else "")


def _noting_refusals(send: Send, guesses: Guesses, address: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 403:
            guesses.wrong(time.monotonic(), address=address)
        await send(message)

    return sending


def counted_as(address: str) -> str:
    """Whose calls are counted together: an IPv6 subscriber has a whole /64 of addresses (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))


class _Body:
    """A body of unknown length: the application reads it as if the client had gone once it is too large."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._received = 0
        self.is_answered = False

    @property
    def is_too_large(self) -> bool:
        return self._received > _LARGEST_BODY

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_too_large else message

    def unless_too_large(self, send: Send) -> Send:
        """Leaves out what the application says to a client that it takes to be gone."""

        async def sending(message: Message) -> None:
            if self.is_answered or not self.is_too_large:
                self.is_answered = True
                await send(message)

        return sending


async def _refuse_body(send: Send) -> None:
    await _refuse(send, 413, f"A request has at most {_LARGEST_BODY} bytes", {"connection": "close"})


async def _refuse(send: Send, status: int, message: str, headers: dict[str, str]) -> None:
    body = json.dumps({"code": -1, "message": message, "description": message}).encode()
    fields = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
