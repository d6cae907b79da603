"""Live captions of sessions: who may start them, who reads them, what applications are told, what outlives whom."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reelroom.captions.calls import CaptionsWish
from reelroom.errors import BadRequest, Conflict, Forbidden, NotFound, NotSetUp, Overloaded
from reelroom.opentok.streams import CAPTIONS_PUBLISHED, CAPTIONS_WANTED
from reelroom.opentok.tokens import ClientToken, mint
from reelroom.processes.capacity import Capacity
from reelroom.store.captionings import Captioning
from reelroom.store.database import now_ms
from reelroom.testing import MemoryCaptions
from tests.server.conftest import TOLD, House
from tests.server.test_refusals import key
from tests.server.waiting import eventually


@pytest.fixture(autouse=True)
def model(house: House, tmp_path: Path) -> Iterator[None]:
    """The host has chosen a model."""
    folder = tmp_path / "models" / "in-use"
    folder.mkdir(parents=True)
    (folder / "model.bin").touch()
    MemoryCaptions.all.clear()
    yield


def token(house: House, session_id: str, role: Any = "moderator") -> str:
    now = now_ms() // 1000
    return mint(ClientToken(session_id, role, now, now + 60, "1"), house.project.key, house.project.secret)


async def start(house: House, session_id: str, **wish: Any) -> Captioning:
    captions = house.server.session_captions
    return await captions.start(house.project, session_id, token(house, session_id), CaptionsWish(**wish))


async def ended(house: House, captioning: Captioning) -> Captioning | None:
    now = await house.server.store.captionings.get(captioning.id)
    return now if now is not None and now.status != "started" else None


async def processes(count: int) -> bool:
    return len(MemoryCaptions.all) == count


async def room(house: House, *people: str) -> str:
    """A room's session, with these in it."""
    session_id = (await house.server.rooms.open("studio")).session_id
    for person in people:
        await house.engine.join(session_id, person)
    return session_id


def access(session_id: str, identity: str) -> str:
    return json.dumps({"room": session_id, "identity": identity})


async def test_an_application_starts_looks_at_and_stops_captions_and_is_told(
    house: House, client: httpx.AsyncClient
) -> None:
    session_id = await house.session()
    where, headers = f"/v2/project/{house.project.key}/captions", {"content-type": "application/json", **key(house)}
    body = {
        "sessionId": session_id,
        "token": token(house, session_id),
        "languageCode": "de-DE",
        "partialCaptions": "false",
        "statusCallbackUrl": TOLD,
    }
    answer = await client.post(where, content=json.dumps(body), headers=headers)
    assert (answer.status_code, list(answer.json())) == (202, ["captionsId"])
    captions_id = answer.json()["captionsId"]
    again = await client.post(where, content=json.dumps(body), headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, 60003)
    looked = (await client.get(f"{where}/{captions_id}", headers=headers)).json()
    assert looked["captionId"] == captions_id and looked["sessionId"] == session_id
    assert (looked["status"], looked["languageCode"], looked["provider"]) == ("started", "de-DE", "faster-whisper")
    kept = await house.server.store.captionings.get(captions_id)
    assert kept is not None and not kept.partial and not kept.own and kept.max_duration == 14_400

    stopped = await client.post(f"{where}/{captions_id}/stop", headers=headers)
    assert (stopped.status_code, stopped.content) == (202, b"")
    assert (await client.post(f"{where}/{captions_id}/stop", headers=headers)).status_code == 404
    told = await house.told()
    assert [(each["captionId"], each["status"]) for each in told] == [
        (captions_id, "started"),
        (captions_id, "stopped"),
    ]
    assert told[-1]["reason"] == "stop requested"

    async def gone() -> bool:
        return not house.server.node.holds("captions", captions_id) and not house.server.session_captions._running

    await eventually(gone)


async def test_who_may_not_start_captions_is_refused(house: House) -> None:
    session_id = await house.session()
    captions = house.server.session_captions
    for role in ("publisher", "subscriber"):
        with pytest.raises(BadRequest, match="its role must be moderator"):
            await captions.start(house.project, session_id, token(house, session_id, role), CaptionsWish())
    for number, more, words in ((2, {"media_mode": "relayed"}, "is relayed"), (3, {"e2ee": True}, "end to end")):
        with pytest.raises(Conflict, match=words):
            await start(house, await house.session(number, **more))
    (house.settings.data_dir / "models" / "in-use" / "model.bin").unlink()
    with pytest.raises(NotSetUp, match="no model for speech"):
        await start(house, session_id)
    assert not captions.possible and not await house.server.store.captionings.running()


async def test_a_machine_that_is_full_makes_those_of_one_session_and_no_more(house: House) -> None:
    busy = Capacity(cores=2, memory_mb=8000, descriptors=10_000, busy=1.8)
    house.server.machine.capacity = busy  # type: ignore[attr-defined]
    await start(house, await house.session(1))
    with pytest.raises(Overloaded, match="too busy for live captions"):
        await start(house, await house.session(2))
    house.server.machine.capacity = replace(busy, busy=0.2)  # type: ignore[attr-defined]
    await start(house, await house.session(3))
    house.server.machine.capacity = replace(busy, memory_mb=300)  # type: ignore[attr-defined]
    with pytest.raises(Overloaded, match="too little memory"):
        await start(house, await house.session(4))


async def test_in_a_room_they_begin_with_who_wants_them_and_go_to_nobody_else(house: House) -> None:
    session_id = await room(house, "ann", "ben")
    want = house.server.session_captions.want
    await want(session_id, access(session_id, "ann"), wanted=True)
    await eventually(lambda: processes(1))
    (process,) = MemoryCaptions.all
    assert house.engine.rooms[session_id]["ann"].attributes[CAPTIONS_WANTED] == "yes"
    await want(session_id, access(session_id, "ben"), wanted=True)
    await want(session_id, access(session_id, "ben"), wanted=False)
    assert house.engine.rooms[session_id]["ben"].attributes[CAPTIONS_WANTED] == ""

    async def told_at_first() -> bool:
        return house.engine.metadata.get(session_id, {}).get("captions") == {"on": True, "ready": False}

    await eventually(told_at_first)
    process.say({"ready": True})
    process.say({"caption": {"id": "1", "text": "Good morning"}, "to": ["ann"]})

    async def sent() -> bool:
        return bool(house.engine.sent)

    await eventually(sent)
    assert house.engine.sent == [(session_id, "captions", '{"id": "1", "text": "Good morning"}')]
    assert house.engine.sent_to == [("ann",)]
    assert house.engine.metadata[session_id]["captions"] == {"on": True, "ready": True}
    assert len(await house.server.store.captionings.running()) == 1
    process.say({"over": {"status": "failed", "reason": "this server is too busy for live captions"}})

    async def told() -> bool:
        return not house.engine.metadata[session_id]["captions"]["on"]

    await eventually(told)
    assert house.engine.metadata[session_id]["captions"]["problem"] == "this server is too busy for live captions"


async def test_in_an_applications_session_nobody_but_the_application_begins_them(house: House) -> None:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    want = house.server.session_captions.want
    await want(session_id, access(session_id, "ann"), wanted=True, published=True)
    assert house.engine.rooms[session_id]["ann"].attributes[CAPTIONS_PUBLISHED] == "yes"
    assert not await house.server.store.captionings.running()
    with pytest.raises(Forbidden):
        await want(session_id, access("elsewhere", "ann"), wanted=True)
    with pytest.raises(NotFound, match="not in this session"):
        await want(session_id, access(session_id, "nobody"), wanted=True)


async def test_captions_of_a_server_that_was_killed_go_on_with_the_next_one(house: House) -> None:
    captioning = await start(house, await house.session())
    await eventually(lambda: processes(1))
    await house.follow()
    await eventually(lambda: processes(2))
    assert house.server.node.holds("captions", captioning.id)
    assert await ended(house, captioning) is None
    await house.server.session_captions.stop(house.project, captioning.id)
    assert await ended(house, captioning)


async def test_what_another_server_has_stopped_ends_here(house: House) -> None:
    captioning = await start(house, await house.session())
    await eventually(lambda: processes(1))
    await house.server.store.captionings.end(captioning.id, "stopped", "stop requested")
    await house.server.taking_up.look()

    async def gone() -> bool:
        return not house.server.session_captions._running

    await eventually(gone)
