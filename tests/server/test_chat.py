"""The chat of a meeting: who comes later reads it, nobody else does, and the next meeting begins without."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server.conftest import House, caller
from tests.server.test_doors import joined


async def comes(house: House, http: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """Somebody joins the room; what their page calls with from then on."""
    opened = (await http.get("/session/studio")).json()
    answer = await http.post("/session/connect", json={**opened, "name": name})
    await joined(house, answer, name)
    return {"sessionId": opened["sessionId"], "accessToken": answer.json()["accessToken"]}


def line(text: str, **more: str) -> dict[str, str]:
    return {"id": str(uuid4()), "text": text, **more}


async def heard(http: httpx.AsyncClient, who: dict[str, Any]) -> list[tuple[str, str]]:
    answer = await http.post("/session/chat/history", json=who)
    assert answer.status_code == 200, answer.text
    return [(each["name"], each["text"]) for each in answer.json()["lines"]]


async def test_who_comes_late_reads_what_was_written_by_whom(house: House, client: httpx.AsyncClient) -> None:
    ann = await comes(house, client, "Ann")
    ben = await comes(house, client, "Ben")
    first = line("hello\nthere\0")
    assert (await client.post("/session/chat", json=ann | first | {"name": "Mallory"})).status_code == 200
    assert (await client.post("/session/chat", json=ann | first)).status_code == 200, "sent again after a silence"
    (written,) = (await client.post("/session/chat/history", json=ann)).json()["lines"]
    reply = f"{written['identity']} {written['id']}"
    assert (await client.post("/session/chat", json=ben | line("hi", replyTo=reply))).status_code == 200
    eve = await comes(house, client, "Eve")
    assert await heard(client, eve) == [("Ann", "hello\nthere"), ("Ben", "hi")], "names are the server's word"
    last = (await client.post("/session/chat/history", json=eve)).json()["lines"][-1]
    assert last["replyTo"] == reply


async def test_nobody_outside_reads_or_writes(house: House, client: httpx.AsyncClient) -> None:
    ann = await comes(house, client, "Ann")
    await client.post("/session/chat", json=ann | line("between us"))
    gone = await comes(house, client, "Ben")
    identity = next(each for each, who in house.engine.rooms[ann["sessionId"]].items() if who.name == "Ben")
    await house.engine.leave(ann["sessionId"], identity)
    assert (await client.post("/session/chat/history", json=gone)).status_code == 404, "they are not there any more"
    assert (await client.post("/session/chat", json=gone | line("boo"))).status_code == 404
    forged = {**ann, "accessToken": "ey.no.token"}
    assert (await client.post("/session/chat/history", json=forged)).status_code == 403
    assert (await client.post("/session/chat", json=forged | line("boo"))).status_code == 403
    for wrong in (line(" "), line(""), line("x" * 2001), {"id": "1", "text": "x"}, line("x", replyTo="above")):
        assert (await client.post("/session/chat", json=ann | wrong)).status_code == 400, wrong
    assert await heard(client, ann) == [("Ann", "between us")]


async def test_a_viewer_reads_and_does_not_write(house: House, client: httpx.AsyncClient) -> None:
    ann = await comes(house, client, "Ann")
    for person in house.engine.rooms[ann["sessionId"]].values():
        person.permission.can_publish_data = False
    assert (await client.post("/session/chat", json=ann | line("boo"))).status_code == 403
    assert await heard(client, ann) == []


async def test_the_next_meeting_begins_without(house: House, client: httpx.AsyncClient) -> None:
    ann = await comes(house, client, "Ann")
    session = ann["sessionId"]
    ben = await comes(house, client, "Ben")
    await client.post("/session/chat", json=ann | line("hello"))
    first, second = house.engine.rooms[session]
    await house.engine.leave(session, first)
    assert await heard(client, ben) == [("Ann", "hello")], "somebody is still there"
    await house.engine.leave(session, second)
    assert await heard(client, await comes(house, client, "Eve")) == []


@pytest.mark.usefixtures("client")
async def test_whoever_writes_much_displaces_their_own(house: House, tmp_path: Path) -> None:
    async with caller(house.server, tmp_path) as http:
        ann, flood = await comes(house, http, "Ann"), await comes(house, http, "Flood")
        chats = house.server.chats
        await chats.write(ann["sessionId"], ann["accessToken"], str(uuid4()), "mine", "")
        for number in range(230):
            await chats.write(flood["sessionId"], flood["accessToken"], str(uuid4()), f"{number}", "")
            await asyncio.sleep(0.001)
        kept = await heard(http, ann)
        assert kept[0] == ("Ann", "mine")
        assert len(kept) == 201
        assert kept[-1] == ("Flood", "229")
