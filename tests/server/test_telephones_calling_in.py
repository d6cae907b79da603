"""Telephones that call in: who is asked for what, who is let in, and who may guess no more."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from reelroom import egress
from reelroom.errors import Conflict, NotFound
from reelroom.processes.child import Message
from reelroom.store.values import Room, TelephoneNumber
from reelroom.telephones.wish import Dialling
from reelroom.testing import MemoryTelephone
from tests.server.conftest import House
from tests.server.waiting import eventually

ADDRESS = "192.0.2.7"


class MemoryExchange:
    """The program that takes calls: `rings` and `presses` are what callers do, `told` what it was told."""

    def __init__(self, *_: object, on_message: Callable[[Message], None], **more: object) -> None:
        self._on_message = on_message
        self._over = asyncio.Event()
        self.told: list[Message] = []
        self._calls = 0

    async def run(self) -> None:
        await self._over.wait()

    def tell(self, message: Message) -> None:
        self.told.append(message)

    async def stop(self, grace: float) -> None:
        self._over.set()

    async def rings(self, to: str, *, caller: str = "ann", address: str = ADDRESS, hosts: Any = (ADDRESS,)) -> str:
        """The call, once it is decided about."""
        self._calls += 1
        call = f"call-{self._calls}"
        it = {"call": call, "to": to, "from": caller, "address": address, "hosts": list(hosts)}
        self._on_message({"event": "call", **it})
        await eventually(lambda: self._heard(call, lambda told: "play" in told or "refuse" in told))
        return call

    async def presses(self, call: str, keys: str, number: int) -> Message:
        """Keys, and the `number`-th thing that the call is told."""
        for key in keys:
            self._on_message({"event": "digit", "call": call, "digit": key})
        return await eventually(lambda: self._nth(call, number))

    def goes(self, call: str) -> None:
        self._on_message({"event": "gone", "call": call})

    def of(self, call: str) -> list[Message]:
        return [
            {key: value for key, value in each.items() if key != "call"} for each in self.told if each["call"] == call
        ]

    async def _heard(self, call: str, what: Callable[[Message], bool]) -> bool:
        return any(what(told) for told in self.of(call))

    async def _nth(self, call: str, number: int) -> Message | None:
        told = self.of(call)
        return told[number] if len(told) > number else None


class MemoryVisitor(MemoryTelephone):
    """The process of a call that came in."""

    def __init__(self, name: str, program: Any, **more: Any) -> None:
        super().__init__(**more)
        self.program = program

    async def run(self) -> None:
        self._on_message({"listening": True})
        await super().run()


@pytest.fixture
async def house(tmp_path: Path, empty_database: bytes) -> AsyncIterator[House]:
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path, sip_listen="192.0.2.1:5060", sip_number="+15550100", auth="token", consent="ask")
    await house.open()
    house.server.session_telephones.child = MemoryVisitor
    house.server.telephones_calling_in.child = MemoryExchange
    house.server.telephones_calling_in.start()
    yield house
    await house.server.stop()


@pytest.fixture
def exchange(house: House) -> MemoryExchange:
    found = house.server.telephones_calling_in._exchange
    assert isinstance(found, MemoryExchange)
    return found


async def numbered(house: House, name: str = "") -> TelephoneNumber:
    session_id = await house.session()
    if name:
        await house.server.store.add(Room(name=name, session_id=session_id, created_at=1))
    return await house.server.telephones_calling_in.make_number(session_id)


def wrong_pin(number: TelephoneNumber) -> str:
    return "111111" if number.pin != "111111" else "222222"


async def test_the_right_pin_leads_into_the_session(house: House, exchange: MemoryExchange) -> None:
    await house.tell_of(*[("sip_call", event) for event in ("created", "updated", "destroyed")])
    number = await numbered(house)
    call = await exchange.rings(number.number, caller="+14155550101")
    assert exchange.of(call) == [{"answer": True, "addresses": {}}, {"play": "pin"}]
    assert await exchange.presses(call, wrong_pin(number), 2) == {"play": "wrong"}
    joined = await exchange.presses(call, number.pin, 3)
    assert Path(joined["join"]).name == call
    (row,) = await eventually(lambda: house.server.store.telephone_calls.running(number.session_id))
    process = house.server.session_telephones._running[row.id].child
    process.hang_up()

    async def over() -> bool:
        return not await house.server.store.telephone_calls.running(number.session_id)

    await eventually(over)
    assert [each.get("state") for each in await house.told()] == ["RINGING", "ACTIVE", "HANGUP"]


async def test_a_providers_number_leads_to_any_room(house: House, exchange: MemoryExchange) -> None:
    number = await numbered(house)
    call = await exchange.rings("0015550100")
    assert exchange.of(call)[1] == {"play": "number"}
    assert await exchange.presses(call, f"{number.number}#", 2) == {"play": "pin"}
    assert "join" in await exchange.presses(call, number.pin, 3)


async def test_who_is_wrong_three_times_is_hung_up_and_then_refused(house: House, exchange: MemoryExchange) -> None:
    number = await numbered(house)
    for _ in range(3):
        call = await exchange.rings(number.number)
        for told, outcome in ((2, "wrong"), (3, "wrong"), (4, "goodbye")):
            assert (await exchange.presses(call, wrong_pin(number), told))["play"] == outcome
        assert exchange.of(call)[-1]["hangup"]
        exchange.goes(call)
    call = await exchange.rings(number.number)
    assert exchange.of(call) == [{"refuse": 403, "reason": "Forbidden"}]
    other = await exchange.rings(number.number, caller="ben")
    assert exchange.of(other)[0] == {"answer": True, "addresses": {}}, (
        "others from there may, for a provider brings many"
    )


async def test_no_pin_opens_a_number_at_which_too_many_have_guessed(house: House, exchange: MemoryExchange) -> None:
    number = await numbered(house)
    for guesser in range(10):
        call = await exchange.rings(
            number.number, caller=f"guesser {guesser}", address=f"192.0.2.{guesser}", hosts=()
        )
        for told in (2, 3, 4):
            await exchange.presses(call, wrong_pin(number), told)
    call = await exchange.rings(number.number, caller="ann", address="198.51.100.1", hosts=())
    assert await exchange.presses(call, number.pin, 2) == {"play": "wrong"}


async def test_what_is_no_number_is_not_found_and_counts_as_a_guess(house: House, exchange: MemoryExchange) -> None:
    for _ in range(9):
        assert exchange.of(await exchange.rings("100")) == [{"refuse": 404, "reason": "Not Found"}]
    assert exchange.of(await exchange.rings("100")) == [{"refuse": 403, "reason": "Forbidden"}]


async def test_sound_goes_to_the_caller_and_to_no_private_network(house: House, exchange: MemoryExchange) -> None:
    number = await numbered(house)
    call = await exchange.rings(number.number, hosts=(ADDRESS, "10.0.0.1"))
    assert exchange.of(call) == [{"refuse": 403, "reason": "Forbidden"}]


async def test_packets_go_where_a_name_was_looked_up(
    house: House, exchange: MemoryExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_up(host: str, port: int, **_: Any) -> list[str]:
        return {"proxy.example": ["198.51.100.7", "198.51.100.8"]}[host]

    monkeypatch.setattr(egress, "addresses", look_up)
    call = await exchange.rings((await numbered(house)).number, hosts=(ADDRESS, "proxy.example"))
    assert exchange.of(call)[0] == {"answer": True, "addresses": {"proxy.example": "198.51.100.7"}}


async def test_a_few_of_an_address_wait_at_once(house: House, exchange: MemoryExchange) -> None:
    number = await numbered(house)
    calls = [await exchange.rings(number.number, caller=f"caller {each}") for each in range(11)]
    assert exchange.of(calls[-2])[0] == {"answer": True, "addresses": {}}
    assert exchange.of(calls[-1]) == [{"refuse": 486, "reason": "Busy Here"}]
    exchange.goes(calls[0])
    assert exchange.of(await exchange.rings(number.number))[0] == {"answer": True, "addresses": {}}


async def test_who_cannot_take_part_gets_no_number(house: House) -> None:
    calling_in = house.server.telephones_calling_in
    for number, more in enumerate(({"media_mode": "relayed"}, {"e2ee": True}), start=2):
        session_id = await house.session(number, **more)
        with pytest.raises(Conflict):
            await calling_in.make_number(session_id)
        with pytest.raises(NotFound):
            await calling_in.number(session_id)


async def test_in_a_room_it_is_said_and_asked_whether_one_may_be_recorded(
    house: House, exchange: MemoryExchange
) -> None:
    number = await numbered(house, "board")
    call = await exchange.rings(number.number)
    await exchange.presses(call, number.pin, 2)
    (running,) = house.server.session_telephones._running.values()
    secret = json.loads(running.child.program().environment["REELROOM_CHILD_SECRET"])
    wish = Dialling.from_json(secret["wish"])
    assert wish.tells and wish.asks
    attributes = json.loads(secret["token"])["attributes"]
    assert attributes["consent"] == "asked", "until it has agreed, it is not recorded"
    session, connection = running.call.session_id, running.call.connection_id
    await house.engine.join(session, connection, attributes={"consent": "asked"})
    for agrees, answer in ((True, "given"), (False, "declined")):
        running.messages.put_nowait({"consent": agrees})
        await running.messages.join()
        assert house.engine.rooms[session][connection].attributes == {"consent": answer}


async def test_the_number_is_shown_to_whoever_may_invite(house: House, client: httpx.AsyncClient) -> None:
    number = await numbered(house, "board")
    assert (await client.get("/telephones/board")).status_code == 403
    shown = await house.server.telephones_calling_in.number(number.session_id)
    assert house.server.telephones_calling_in.uri(shown) == f"sip:{number.number}@192.0.2.1"
