"""Firefox, by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/), which it speaks without a driver."""

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.running import free_port

# Cameras and microphones that are not there, given to every page that asks.
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.prefs.recommended": True,
}


class Firefox:
    """One page of a running Firefox."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._context = ""

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command, and its result; what else the browser tells meanwhile is passed over."""
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json(timeout=120)
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return dict(answer["result"])

    async def begin(self) -> None:
        await self.call("session.new", capabilities={})
        tree = await self.call("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        await self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited; it travels as JSON."""
        wrapped = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        answer = await self.call(
            "script.evaluate", expression=wrapped, target={"context": self._context}, awaitPromise=True
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    async def wait_for(self, expression: str, seconds: float = 60.0) -> Any:
        """The first true value of an expression."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not (value := await self.evaluate(expression)):
            assert asyncio.get_running_loop().time() < deadline, f"{expression}: not within {seconds:.0f} s"
            await asyncio.sleep(0.1)
        return value


@asynccontextmanager
async def firefox(folder: Path, variables: Mapping[str, str] | None = None) -> AsyncIterator[Firefox]:
    """The machine's own Firefox with a profile of its own in `folder`; `variables` are more of its environment."""
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    assert executable, "no Firefox; `make tools` installs one"
    lines = [f'user_pref("{name}", {str(value).lower()});' for name, value in PREFERENCES.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "user.js").write_text("\n".join(lines))
    port = free_port()
    arguments = ["--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", str(port)]
    with (folder / "firefox.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            executable, *arguments, "about:blank", env={**os.environ, **(variables or {})}, stdout=log, stderr=log
        )
    try:
        async with aiohttp.ClientSession() as http, await _connect(http, port, process) as socket:
            page = Firefox(socket)
            await page.begin()
            yield page
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _connect(
    http: aiohttp.ClientSession, port: int, process: asyncio.subprocess.Process
) -> aiohttp.ClientWebSocketResponse:
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        try:
            return await http.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0)
        except aiohttp.ClientError:
            assert process.returncode is None, f"Firefox ended with {process.returncode}"
            assert asyncio.get_running_loop().time() < deadline, "Firefox does not listen"
            await asyncio.sleep(0.1)
