"""Answers that are texts, packed for whoever can unpack them."""

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What is smaller gains nothing; and an answer with a token in it is, so that none tells of it by its length (BREACH).
_SMALLEST = 1400  # bytes
_AT_ONCE = 64 * 1024  # bytes that are packed without a thread
_TEXTS = ("application/json", "text/", "image/svg+xml", "application/vnd.apple.mpegurl")


def unpacks(headers: Headers, coding: str) -> bool:
    """Whether whoever asks accepts that coding (RFC 9110, 12.5.3)."""
    for word in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = word.partition(";")
        if name.strip() == coding:
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


class Compression:
    """Packs whole answers of status 200 with gzip; films, ranges of them and streams pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not unpacks(Headers(scope=scope), "gzip"):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _may_be_packed(message):
                start = message  # what comes next says whether it is
                return
            if start is not None:
                first, start = start, None
                body: bytes = message.get("body", b"")
                if (
                    message["type"] == "http.response.body"
                    and not message.get("more_body")
                    and len(body) >= _SMALLEST
                ):
                    body = await _packed(body)
                    message = {**message, "body": body}
                    _say_packed(first, len(body))
                await send(first)
            await send(message)

        await self._app(scope, receive, sending)


def _may_be_packed(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "")
    return start["status"] == 200 and kind.startswith(_TEXTS) and "content-encoding" not in headers


def _say_packed(start: Message, length: int) -> None:
    headers = MutableHeaders(raw=start["headers"])
    headers["content-encoding"], headers["content-length"] = "gzip", str(length)
    headers.add_vary_header("Accept-Encoding")
    if "etag" in headers and not headers["etag"].startswith("W/"):
        headers["etag"] = f"W/{headers['etag']}"  # the same content, in other bytes (RFC 9110, 8.8.1)
    del headers["accept-ranges"]
    start["headers"] = headers.raw


async def _packed(body: bytes) -> bytes:
    if len(body) <= _AT_ONCE:
        return gzip.compress(body, 5, mtime=0)
    return await asyncio.to_thread(gzip.compress, body, 5, mtime=0)
