"""What lies between an SDK and the server: each call passes through here, and is noted with its status."""

import asyncio
import ssl
import threading
from dataclasses import dataclass, field

import trustme
from aiohttp import ClientSession, ClientTimeout, web
from yarl import URL

_OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Exchange:
    """A request and the status of its answer; `path` without a query."""

    method: str
    path: str
    status: int


@dataclass
class Wire:
    """A proxy in a thread of its own: over TLS for `localhost` where it has a certificate, plain HTTP without."""

    server: str
    exchanges: list[Exchange]
    certificate: trustme.LeafCert | None = None
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def start(self) -> "Wire":
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self.certificate else f"http://127.0.0.1:{self.port}"

    async def _run(self, ready: threading.Event) -> None:
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.certificate.configure_cert(context)
        self._ended = asyncio.Event()
        async with ClientSession(auto_decompress=False, timeout=ClientTimeout(total=60)) as self._session:
            runner = web.ServerRunner(web.Server(self._pass_on), shutdown_timeout=1.0)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
            await site.start()
            self.port = runner.addresses[0][1]
            ready.set()
            await self._ended.wait()
            await runner.cleanup()

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        url = URL(self.server + request.raw_path, encoded=True)
        headers = [each for each in request.headers.items() if each[0].lower() not in _OF_THE_HOP]
        body = await request.read()
        async with self._session.request(
            request.method, url, headers=headers, data=body or None, allow_redirects=False
        ) as answer:
            self.exchanges.append(Exchange(request.method, url.path, answer.status))
            kept = [each for each in answer.headers.items() if each[0].lower() not in _OF_THE_HOP]
            here = web.Response(status=answer.status, body=await answer.read())
            here.headers.clear()
            here.headers.extend(kept)
            return here

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self._loop.close()
