"""By which names, and from which sites, the server may be called."""

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from reelroom.api import guard
from reelroom.api.admin import check_admin
from reelroom.api.guard import Bucket, Guard, Rates, counted_as
from reelroom.api.origin import Origins
from reelroom.config import Settings
from reelroom.errors import Forbidden

ORIGINS = Origins.of(
    Settings(
        public_url="https://Rooms.example:8443",
        allowed_hosts=["alias.example"],
        allowed_origins=["https://partner.example"],
    )
)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8080",
        "rooms.example",
        "ROOMS.example:8443",
        "rooms.example.",
        "alias.example",
        "127.0.0.1:8080",
        "[::1]:8080",
        "192.168.1.7",
        "tablet.localhost:8080",
        "",
    ],
)
def test_its_own_names_and_addresses_are_answered(host: str) -> None:
    assert ORIGINS.why_refused("POST", "/render", {"host": host}) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "rooms.example.evil.example", "localhost.evil.example", "[::1", "a b"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_name_that_only_leads_here_is_refused(host: str, method: str) -> None:
    assert "is not called" in (ORIGINS.why_refused(method, "/", {"host": host}) or "")


CHANGES = [
    ("POST", "/render"),
    ("DELETE", "/archive/1"),
    ("GET", "/session/board"),
    ("GET", "/render/stop/1"),
    ("GET", "/archive/stop/1"),
]


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_page_of_another_site_changes_nothing(method: str, path: str) -> None:
    host = {"host": "rooms.example"}
    foreign = [
        host | {"sec-fetch-site": "cross-site"},
        host | {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        host | {"origin": "https://evil.example"},  # a browser without Fetch Metadata
        host | {"origin": "null"},
    ]
    for headers in foreign:
        assert "another site" in (ORIGINS.why_refused(method, path, headers) or "")
    own = [
        host,  # a program
        host | {"sec-fetch-site": "same-origin", "origin": "https://rooms.example"},
        host | {"sec-fetch-site": "none"},  # typed, or a bookmark
        host | {"sec-fetch-site": "cross-site", "origin": "https://partner.example"},
        {"host": "rooms.example:8443", "origin": "https://rooms.example:8443"},
    ]
    for headers in own:
        assert ORIGINS.why_refused(method, path, headers) is None


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/room/board"), ("GET", "/films/x.mp4"), ("OPTIONS", "/render")]
)
def test_other_sites_may_link_here(method: str, path: str) -> None:
    headers = {"host": "rooms.example", "sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert ORIGINS.why_refused(method, path, headers) is None


def test_an_ipv6_subscriber_is_counted_once() -> None:
    assert counted_as("2001:db8:1:2::1") == counted_as("2001:db8:1:2:ffff::9") != counted_as("2001:db8:1:3::1")
    assert counted_as("::ffff:192.0.2.7") == counted_as("192.0.2.7") != counted_as("192.0.2.8")
    assert counted_as("fe80::1%eth0") == counted_as("fe80::2")
    assert counted_as("testclient") == "testclient"


def test_a_bucket_fills_again_up_to_its_burst() -> None:
    bucket = Bucket(rate=2, burst=3, now=100)
    assert [bucket.take(100) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(100) == pytest.approx(0.5)
    assert bucket.take(100.5) == 0
    assert bucket.take(100.5) > 0
    assert [bucket.take(1000) for _ in range(4)] == [0, 0, 0, pytest.approx(0.5)]


def test_each_address_has_its_own_bucket() -> None:
    rates = Rates(per_minute=2)
    assert [rates.wait("a", 0) for _ in range(3)] == [0, 0, 30]
    assert rates.wait("b", 0) == 0
    assert Rates(per_minute=0).wait("a", 0) == 0


async def answer(headers: list[tuple[bytes, bytes]], chunks: list[bytes] | None = None, method: str = "POST") -> int:
    """What the guard says to a request; 200: the application has read all."""
    sent: list[int] = []
    waiting = list(chunks or [])

    async def application(_scope: object, receive: object, send: object) -> None:
        more = True
        while more:
            message = await receive()  # type: ignore[operator]
            if message["type"] == "http.disconnect":
                return
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]

    async def receive() -> dict[str, object]:
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            sent.append(int(str(message["status"])))

    scope = {"type": "http", "method": method, "path": "/render", "headers": headers, "client": ("192.0.2.1", 1)}
    await Guard(application, Settings())(scope, receive, send)  # type: ignore[arg-type]
    return sent[0] if sent else 0


async def test_who_guesses_the_admin_token_is_refused_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """By address, wherever that token opens something; then the right one opens nothing, either."""
    clock = [1000.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: clock[0])
    app = FastAPI()
    settings = Settings(admin_token="opensesame", calls_per_minute=10_000)

    @app.get("/admin/state")
    @app.get("/metrics")
    async def state(request: Request) -> Response:
        try:
            check_admin(settings, request, request.headers.get("authorization"))
        except Forbidden:
            return Response(status_code=403)
        return Response()

    guarded = Guard(app, settings)

    async def ask(token: str, path: str = "/metrics", address: str = "192.0.2.1") -> httpx.Response:
        transport = httpx.ASGITransport(guarded, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path, headers={"authorization": f"Bearer {token}"})

    assert [(await ask("opensesame")).status_code for _ in range(20)] == [200] * 20
    guesses = [await ask(f"guess {number}", "/metrics" if number % 2 else "/admin/state") for number in range(20)]
    assert [each.status_code for each in guesses] == [403] * 10 + [429] * 10
    assert guesses[-1].headers["retry-after"] == "60" and "admin tokens" in guesses[-1].json()["message"]
    assert (await ask("opensesame")).status_code == 429
    assert (await ask("opensesame", address="192.0.2.2")).status_code == 200
    clock[0] += 61
    assert (await ask("opensesame")).status_code == 200


async def test_a_body_that_is_too_large_is_not_read() -> None:
    assert await answer([(b"content-length", b"1000")], [b"x" * 1000]) == 200
    assert await answer([(b"content-length", b"1048577")]) == 413
    assert await answer([(b"transfer-encoding", b"chunked")], [b"x" * 500_000] * 2) == 200
    assert await answer([(b"transfer-encoding", b"chunked")], [b"x" * 500_000] * 3) == 413


async def test_a_body_with_two_ends_is_refused() -> None:
    assert await answer([(b"content-length", b"5"), (b"transfer-encoding", b"chunked")]) == 400
