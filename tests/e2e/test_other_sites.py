"""In Chromium: a page of somebody else's calls this server by a name that leads here, or across sites, in vain."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from playwright.async_api import Browser

from tests.e2e.pages import chromium
from tests.e2e.running import RunningServer, free_port
from tests.e2e.test_browser_pages import serving

EVIL = "evil.example"
# What the page at hand gets: its answers' statuses and words, where it may read them.
ASK = """async ([base, room]) => {
    const ask = async (path, init = {}) => {
        try {
            const answer = await fetch(base + path, { credentials: "include", ...init });
            return [answer.type, answer.status, (await answer.text()).slice(0, 300)];
        } catch (error) {
            return ["failed", 0, String(error)];
        }
    };
    const body = JSON.stringify({ roomName: room });
    const json = { method: "POST", headers: { "content-type": "application/json" }, body };
    const blind = { mode: "no-cors" };
    const found = [];
    for (const [path, init] of [
        [`/session/${room}`, {}], [`/rooms/${room}`, {}], ["/render", json], ["/openapi.json", {}],
        [`/session/${room}`, blind], ["/render", { ...blind, method: "POST", body }],
        ["/render/stop/11111111-1111-4111-8111-111111111111", blind],
    ]) found.push([path, ...(await ask(path, init))]);
    for (const [tag, path] of [["img", `/session/${room}`], ["iframe", `/session/${room}`]]) {
        await new Promise((resolve) => {
            const element = document.createElement(tag);
            element.onload = element.onerror = resolve;
            element.src = base + path;
            document.body.append(element);
        });
    }
    return found;
}"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium("--host-resolver-rules=MAP *.example 127.0.0.1") as started:
        yield started


async def test_a_name_that_leads_here_is_not_answered(server: RunningServer, browser: Browser) -> None:
    """DNS rebinding: the page's own name comes to lead to this machine, so that the browser sees one origin."""
    page = await (await browser.new_context()).new_page()
    address = f"http://{EVIL}:{server.port}"
    answer = await page.goto(f"{address}/")
    assert answer is not None and answer.status == 403
    found = await page.evaluate(ASK, [address, "rebound"])
    for path, _kind, status, words in found:
        assert status in {0, 403}, (path, status, words)
        assert "token" not in words.lower() or "not called" in words, (path, words)
    readable = [words for _, kind, status, words in found if kind == "basic" and status == 403]
    assert len(readable) >= 4 and all("This server is not called" in words for words in readable)
    assert "room=rebound" not in server.log()
    await page.context.close()


async def test_a_page_of_another_site_reads_and_changes_nothing(server: RunningServer, browser: Browser) -> None:
    with serving("<!doctype html><title>Theirs</title><body></body>", free_port()) as theirs:
        page = await (await browser.new_context()).new_page()
        await page.goto(theirs.replace("127.0.0.1", EVIL))
        room = "across sites"
        found = await page.evaluate(ASK, [server.url, quote(room)])
        for path, kind, status, words in found:
            assert (kind, status) in {("failed", 0), ("opaque", 0)}, (path, kind, status, words)
        await page.context.close()
    assert "across" not in server.log()
