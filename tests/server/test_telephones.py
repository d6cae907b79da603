"""Telephones of sessions: who may call whom, what becomes of a call, and where digits go."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from reelroom.errors import BadRequest, Conflict, NotFound
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.tokens import ClientToken, mint
from reelroom.store.database import now_ms
from reelroom.store.values import TelephoneCall
from reelroom.telephones.calls import NoAnswer
from reelroom.telephones.digits import DIGITS_TOPIC
from reelroom.telephones.wish import Dialling
from reelroom.testing import MemoryTelephone
from tests.server.conftest import House
from tests.server.test_refusals import key
from tests.server.waiting import eventually

PEER = Dialling("sip:peer@example.org")
ALL = [("sip_call", event) for event in ("created", "updated", "destroyed", "muteForced")]


def token(house: House, session_id: str, role: Any = "publisher") -> str:
    now = now_ms() // 1000
    return mint(ClientToken(session_id, role, now, now + 60, "1"), house.project.key, house.project.secret)


async def occupied(house: House) -> str:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    return session_id


async def dial(house: House, session_id: str, **more: Any) -> TelephoneCall:
    telephones = house.server.session_telephones
    return await telephones.dial(house.project, session_id, token(house, session_id), PEER, **more)


@pytest.fixture
def refusing() -> Iterator[None]:
    MemoryTelephone.refusal = (486, "it is busy (486 Busy Here)")
    yield
    MemoryTelephone.refusal = None


async def ended(house: House, call: TelephoneCall) -> TelephoneCall | None:
    now = await house.server.store.telephone_calls.get(call.id)
    return now if now is not None and now.state == "HANGUP" else None


async def test_a_call_is_told_of_from_its_first_ring_to_its_end(house: House) -> None:
    await house.tell_of(*ALL)
    call = await dial(house, await occupied(house), observe_mute=True)
    assert call.stream_id == stream_id("TR_telephone")
    process = house.server.session_telephones._running[call.id].child
    process._on_message({"muted": True})
    process.hang_up()
    over = await eventually(lambda: ended(house, call))
    assert (over.reason, over.stream_id) == ("the other side hung up", call.stream_id)
    told = await house.told()
    assert [each["event"] for each in told] == [
        *("callCreated", "callUpdated", "callUpdated", "muteForced", "callDestroyed")
    ]
    assert [each.get("state") for each in told] == ["DIALING", "RINGING", "ACTIVE", None, "HANGUP"]
    assert told[-1]["reason_message"] == "the other side hung up"

    async def let_go() -> bool:
        return not house.server.node.holds("call", call.id)

    await eventually(let_go)


async def test_who_is_made_to_leave_is_hung_up_whether_its_process_notices_or_not(house: House) -> None:
    """A client that is removed before it has quite joined tries again, and would be back."""
    session_id = await occupied(house)
    call = await dial(house, session_id)
    await house.engine.join(session_id, call.connection_id)
    await house.server.sessions.disconnect(house.project, session_id, call.connection_id)
    over = await eventually(lambda: ended(house, call))
    assert over.reason == "it was made to leave"


async def test_who_is_busy_has_been_nowhere(house: House, refusing: None) -> None:
    await house.tell_of(*ALL)
    with pytest.raises(NoAnswer, match=r"sip: it is busy \(486 Busy Here\)"):
        await dial(house, await occupied(house))
    assert [(each["event"], each.get("reason_code")) for each in await house.told()] == [
        *(("callCreated", None), ("callDestroyed", 486))
    ]


async def test_who_may_not_call_is_refused_before_it_rings(house: House) -> None:
    with pytest.raises(NotFound, match="Nobody is connected to the session"):
        await dial(house, await house.session())
    relayed = await house.session(2, media_mode="relayed")
    with pytest.raises(Conflict, match="is relayed"):
        await dial(house, relayed)
    hidden = await house.session(3, e2ee=True)
    with pytest.raises(Conflict, match="is encrypted end to end"):
        await dial(house, hidden)
    session_id = await house.session(4)
    for wrong, words in (
        (token(house, relayed), "another session"),
        (token(house, session_id, "subscriber"), "role"),
    ):
        with pytest.raises(BadRequest, match=words):
            await house.server.session_telephones.dial(house.project, session_id, wrong, PEER)
    assert not await house.server.store.telephone_calls.running()


async def test_digits_go_to_one_telephone_or_to_all(house: House) -> None:
    session_id = await occupied(house)
    press = house.server.session_telephones.press
    with pytest.raises(NotFound, match="No telephone is in the session"):
        await press(house.project, session_id, "1")
    first, _ = await dial(house, session_id), await dial(house, session_id)
    await press(house.project, session_id, "12#p", first.connection_id)
    assert house.engine.sent == [(session_id, DIGITS_TOPIC, "12#p")]
    await press(house.project, session_id, "*")
    assert len(house.engine.sent) == 3
    with pytest.raises(NotFound, match="with that connection id"):
        await press(house.project, session_id, "1", "ann")
    for digits in ("", "x", "1 2", "1" * 101):
        with pytest.raises(BadRequest, match="digits"):
            await press(house.project, session_id, digits)


async def test_a_call_ends_with_its_server_and_the_next_one_says_so(house: House) -> None:
    await house.tell_of(*ALL)
    call = await dial(house, await occupied(house))
    await house.follow()
    over = await eventually(lambda: ended(house, call))
    assert over.reason == "the server was restarted"
    assert (await house.told())[-1]["event"] == "callDestroyed"


@pytest.mark.parametrize(
    ("sip", "words"),
    [
        ({"uri": "peer@example.org"}, "a SIP address such as"),
        ({"uri": "sip:peer@example.org/" + "x" * 1024}, "uri"),
        ({"headers": {"Via": "7"}}, "does not begin with X-"),
        ({"headers": {"X-A": "7\r\nVia: 7"}}, "cannot be sent"),
        ({"headers": {"X-A": "7" * 5000}}, "at most 4096 characters"),
        ({"from": "joe"}, "somebody as in"),
        ({"auth": {"username": 'a"b', "password": "c"}}, "username"),
    ],
)
async def test_a_wish_that_cannot_be_met_says_why(
    house: House, client: httpx.AsyncClient, sip: dict[str, Any], words: str
) -> None:
    session_id = await occupied(house)
    body = {"sessionId": session_id, "token": token(house, session_id), "sip": {"uri": "sip:a@example.org", **sip}}
    headers = {"content-type": "application/json", **key(house)}
    answer = await client.post(f"/v2/project/{house.project.key}/dial", content=json.dumps(body), headers=headers)
    assert answer.status_code == 400 and words in answer.json()["message"], answer.text
