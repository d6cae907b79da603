"""One room for all spellings of its name: case, spaces, forms of Unicode; it is called as it was written first."""

import asyncio
import sqlite3
import unicodedata
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from typer.testing import CliRunner, Result

from reelroom.cli.main import cli
from reelroom.opentok.invites import write_invite
from reelroom.opentok.room_names import folded, tidied
from reelroom.store.schema import database_url, migrate
from reelroom.store.store import Store
from tests.server.conftest import House, caller

SPELLINGS = ("Team-Ä", "team-ä", "TEAM-Ä", unicodedata.normalize("NFD", "Team-Ä"), "  Team-Ä ", "team-Ä\u00a0")


async def test_all_spellings_open_one_room(house: House, client: httpx.AsyncClient, tmp_path: Path) -> None:
    opened = [(await client.get(f"/session/{quote(each)}")).json() for each in SPELLINGS]
    assert len({each["sessionId"] for each in opened}) == 1
    assert {each["roomName"] for each in opened} == {"Team-Ä"}, "as it was written first"
    assert (await client.get(f"/rooms/{quote('teAM-ä')}")).status_code == 200
    started = [(await client.post("/render", json={"roomName": each})).json()["id"] for each in SPELLINGS]
    assert len(set(started)) == 1, "one room has one recording"
    for each in SPELLINGS:
        assert (await client.post(f"/invitations/{quote(each)}")).status_code == 200, "the owner of one owns them all"
    async with caller(house.server, tmp_path) as stranger:
        assert (await stranger.post(f"/invitations/{quote('team-ä')}")).status_code == 403
    assert len((await client.get(f"/invitations/{quote('team-ä')}")).json()) == 1 + len(SPELLINGS)


async def test_who_opens_two_spellings_at_once_makes_one_room(house: House, tmp_path: Path) -> None:
    async with caller(house.server, tmp_path) as http:
        answers = await asyncio.gather(*(http.get(f"/session/{quote(each)}") for each in SPELLINGS))
    assert len({each.json()["sessionId"] for each in answers}) == 1


async def test_an_invitation_opens_its_room_in_any_spelling_and_no_other(
    tmp_path: Path, empty_database: bytes
) -> None:
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path, auth="token")
    await house.open()
    try:
        _, invite = await house.server.rooms.invite("Board Room", "publisher", 3600)
        by = {"invite": write_invite(invite, house.server.keys.link_secret)}
        async with caller(house.server, tmp_path) as http:
            assert (await http.get("/room/board%20room", params=by)).status_code == 200, "the browser keeps it"
            assert (await http.get("/session/BOARD%20%20ROOM")).status_code == 200
            assert (await http.get("/session/board")).status_code == 403
        async with caller(house.server, tmp_path) as stranger:
            assert (await stranger.get("/session/Board%20Room")).status_code == 403
    finally:
        await house.server.stop()


async def test_the_command_line_invites_into_the_room_that_is_meant(
    house: House, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def ask(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli, [*words, "--data-dir", str(tmp_path)])

    assert (await client.get("/session/Board%20Room")).status_code == 200
    made = await ask("invite", "board  ROOM", "--role", "subscriber")
    assert "/room/Board%20Room?invite=" in made.stdout, made.output
    assert "subscriber" in (await ask("invitations", "list", "BOARD room")).stdout
    await ask("invite", "new  Room", "--role", "subscriber")  # which nobody has opened yet
    assert (await client.get("/session/NEW%20room")).json()["roomName"] == "NEW room"
    assert [each["role"] for each in (await client.get("/invitations/new%20room")).json()].count("subscriber") == 1
    refused = await ask("invite", "  ")
    assert refused.exit_code == 1 and "needs a name" in refused.output


@pytest.mark.parametrize(
    ("one", "other"),
    [("straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ"), ("a  b", "a b"), ("ﬁn", "FIN"), ("É", "e\u0301")],
)
def test_spellings_that_are_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert folded(folded(one)) == folded(one)


def test_names_that_are_not() -> None:
    assert len({folded(each) for each in ("a", "á", "ab", "a b", "a-b", "a_b", "1", "l")}) == 8
    assert tidied(" Weekly  Standup ") == "Weekly Standup"


async def test_rooms_that_were_there_before_stay_as_they_were(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    migrate(url, "0023")
    with sqlite3.connect(tmp_path / "reelroom.db") as connection:
        for number, name in enumerate(("Team", "team", " other ")):
            connection.execute("insert into sessions (id, created_at) values (?, ?)", (f"session {number}", number))
            connection.execute(
                "insert into rooms (name, session_id, created_at) values (?, ?, ?)",
                (name, f"session {number}", number),
            )
    migrate(url)
    store = Store(url)
    found = {name: await store.rooms.get(name) for name in ("Team", "team", "TEAM", "other", " other ")}
    await store.close()
    assert {name: room and room.session_id for name, room in found.items()} == {
        "Team": "session 0",
        "team": "session 1",
        "TEAM": "session 0",
        "other": "session 2",
        " other ": "session 2",
    }
