"""A server that drains is done when nothing has to be brought from it any more."""

import asyncio
import time

import jwt
import pytest

from reelroom.roles import everything
from reelroom.store.node import DRAINS
from reelroom.store.values import Upload
from reelroom.takes.folder import Take, TakeInfo
from tests.server.conftest import caller
from tests.server.sharing import Servers
from tests.server.test_films_in_depot import a_film, depositing
from tests.server.waiting import eventually


async def test_a_server_drains_until_depot_and_buckets_have_all_that_lies_here(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everything, "_DRAIN_LOOK", 0.005)
    one = servers.add("one", depot=f"file://{servers.folder}/depot")
    await one.node.be_known()
    assert one.shipping is not None
    archive = await a_film(one)
    info = TakeInfo(id="take", session_id="session", room_name="", created_at=1)
    await asyncio.to_thread(Take.create, one.archives.folder("take"), info)
    upload = Upload(archive_id=archive.id, project=one.keys.api_key, node=one.node.name, next_at=2**40, created_at=1)
    await one.store.add(upload)
    assert depositing(one).has_work and await one.shipping.has_work()
    assert await one._has_work()
    depositing(one).start()
    await eventually(lambda: _has_none(one))
    assert await one._has_work(), "the take is not shipped"
    await one.shipping.look()
    await one.shipping.look()
    assert not await one.shipping.has_work()
    assert await one._has_work(), "the film is not in its project's bucket"
    draining = asyncio.create_task(one.drain())
    await one.store.uploads.settle(upload)
    await asyncio.wait_for(draining, 30)
    depositing(one).notice(archive.id)
    assert await one._has_work(), "something changed meanwhile"


async def test_no_audio_connector_begins_at_a_server_that_drains(servers: Servers) -> None:
    one = servers.add("one")
    await one.projects.ensure_own_project()
    one.node.draining = True
    async with caller(one, servers.folder) as client:
        room = (await client.get("/session/demo")).json()
        wish = {"sessionId": room["sessionId"], "token": room["token"], "websocket": {"uri": "wss://example.org/"}}
        path, now = f"/v2/project/{one.keys.api_key}/connect", int(time.time())
        claims = {"iss": one.keys.api_key, "ist": "project", "iat": now, "exp": now + 60}
        headers = {"X-OPENTOK-AUTH": jwt.encode(claims, one.keys.api_secret)}
        answer = await client.post(path, json=wish, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (503, DRAINS)
    assert one.session_connectors.runs == 0


async def _has_none(server: everything.Server) -> bool:
    return not depositing(server).has_work
