"""A room's door: who waits before it, who lets them in, who is made a moderator, and how a meeting ends for all."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.server.conftest import House, caller


async def opened(house: House, folder: Path, room: str = "studio") -> dict[str, Any]:
    """A session and a token of somebody with a browser of their own; the first owns the room."""
    async with caller(house.server, folder) as http:
        answer = (await http.get(f"/session/{room}")).json()
    return {"sessionId": answer["sessionId"], "token": answer["token"]}


async def joined(house: House, answer: httpx.Response, name: str) -> str:
    assert answer.status_code == 200, answer.text
    said = json.loads(answer.json()["accessToken"])
    await house.engine.join(said["room"], said["identity"], name, attributes=said["attributes"])
    return str(said["identity"])


async def test_whoever_waits_comes_in_when_a_moderator_lets_them(
    house: House, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    owner, ben, eve = [await opened(house, tmp_path) for _ in range(3)]
    await joined(house, await client.post("/session/connect", json=owner), "Ann")
    early = await client.post("/session/connect", json={**ben, "name": "Ben"})
    was_in = await joined(house, early, "Ben")
    assert (await client.post("/session/moderate/door", json={**ben, "door": "waiting"})).status_code == 403
    assert (await client.post("/session/moderate/door", json={**owner, "door": "ajar"})).status_code == 400
    shut = await client.post("/session/moderate/door", json={**owner, "door": "waiting"})
    assert shut.json() == {"door": "waiting", "waiting": [], "transcripts": None}
    seen = (await client.get("/rooms/studio")).json()
    assert (seen["door"], seen["names"], seen["people"]) == ("waiting", [], 2), "no name is told at a closed door"

    assert (await client.post("/session/connect", json=eve)).status_code == 423
    assert (await client.post("/session/connect", json=owner)).status_code == 200, "moderators have the key"
    again = {**ben, "before": early.json()["accessToken"]}
    assert (await client.post("/session/connect", json=again)).status_code == 200, "who was in is in again"

    knock = (await client.post("/session/knock", json={**eve, "name": "Eve"})).json()
    assert knock["answer"] == "waiting"
    told = (await client.post("/session/moderate/door", json=owner)).json()["waiting"]
    assert [(each["knock"], each["name"]) for each in told] == [(knock["knock"], "Eve")]
    entry = {**eve, "knock": knock["knock"]}
    assert (await client.post("/session/connect", json=entry)).status_code == 423, "nobody has answered yet"
    admit = {**ben, "knock": knock["knock"], "admits": True}
    assert (await client.post("/session/moderate/admit", json=admit)).status_code == 403
    admitted = await client.post("/session/moderate/admit", json={**admit, **owner})
    assert admitted.json() == {"door": "waiting", "waiting": [], "transcripts": None}
    assert (await client.post("/session/moderate/admit", json={**admit, **owner})).status_code == 404, "once"
    assert (await client.post("/session/knock", json=entry)).json()["answer"] == "admitted"
    assert (await client.post("/session/connect", json=entry)).status_code == 200

    second = (await client.post("/session/knock", json={**eve, "name": "Eve"})).json()["knock"]
    await client.post("/session/moderate/admit", json={**owner, "knock": second, "admits": False})
    assert (await client.post("/session/knock", json={**eve, "knock": second})).json()["answer"] == "denied"
    assert (await client.post("/session/connect", json={**eve, "knock": second})).status_code == 423

    await house.server.admissions.end(was_in)  # as whoever is made to leave
    assert (await client.post("/session/connect", json=again)).status_code == 423
    await client.post("/session/moderate/door", json={**owner, "door": "locked"})
    assert (await client.post("/session/knock", json={**eve, "name": "Eve"})).json() == {
        "knock": "",
        "answer": "locked",
    }
    await client.post("/session/moderate/door", json={**owner, "door": "open"})
    assert (await client.post("/session/connect", json=eve)).status_code == 200


async def test_whoever_is_promoted_moderates_and_invites(
    house: House, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    owner, ben = [await opened(house, tmp_path) for _ in range(2)]
    entry = await client.post("/session/connect", json={**ben, "name": "Ben"})
    identity = await joined(house, entry, "Ben")
    mine = {"sessionId": ben["sessionId"], "accessToken": entry.json()["accessToken"]}
    assert (await client.post("/session/promoted", json=mine)).status_code == 403
    promote = {**ben, "connectionId": identity}
    assert (await client.post("/session/moderate/promote", json=promote)).status_code == 403, (
        "nobody promotes themselves"
    )
    assert (await client.post("/session/moderate/promote", json={**promote, **owner})).status_code == 200
    assert house.engine.rooms[ben["sessionId"]][identity].attributes["role"] == "moderator"
    async with caller(house.server, tmp_path) as bens:
        assert (await bens.post("/invitations/studio")).status_code == 403
        token = (await bens.post("/session/promoted", json=mine)).json()["token"]
        moderating = {"sessionId": ben["sessionId"], "token": token, "door": "locked"}
        assert (await bens.post("/session/moderate/door", json=moderating)).json()["door"] == "locked"
        assert (await bens.post("/invitations/studio")).status_code == 200
    await house.server.admissions.end(identity)
    assert (await client.post("/session/promoted", json=mine)).status_code == 403, "who was made to leave is nobody"


async def test_a_meeting_ends_for_everybody_and_so_does_its_recording(
    house: House, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    owner, ben = [await opened(house, tmp_path) for _ in range(2)]
    for each in (owner, ben):
        await joined(house, await client.post("/session/connect", json=each), "somebody")
    render = (await client.post("/render", json={"roomName": "studio"})).json()["id"]
    assert (await client.post("/session/moderate/end", json=ben)).status_code == 403
    assert (await client.post("/session/moderate/end", json=owner)).status_code == 200
    assert await house.server.engine.participants(owner["sessionId"]) == []
    kept = await house.server.store.renders.get(render)
    assert kept is not None
    assert kept.status in {"stopping", "stopped"}


async def test_all_are_muted_by_a_moderator_until_that_is_lifted(
    house: House, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    owner, ben = [await opened(house, tmp_path) for _ in range(2)]
    session = owner["sessionId"]
    here = [
        await joined(house, await client.post("/session/connect", json={**each, "name": name}), name)
        for each, name in ((owner, "Ann"), (ben, "Ben"))
    ]
    for who in here:
        await house.engine.publish(session, who, f"TR_{who}", "audio")
    streams = {each.connection.id: each.id for each in await house.server.sessions.streams(house.project, session)}
    mute = {"active": True, "spared": [streams[here[0]]]}
    refused = await client.post("/session/moderate/mute-all", json={**ben, **mute})
    assert refused.status_code == 403 and house.engine.muted == []
    assert (await client.post("/session/moderate/mute-all", json={**owner, **mute})).status_code == 200
    assert house.engine.muted == [(here[1], f"TR_{here[1]}")]
    assert (await house.engine.description(session))["mute"]["active"] is True

    carl = await joined(house, await client.post("/session/connect", json={**ben, "name": "Carl"}), "Carl")
    await house.engine.publish(session, carl, "TR_carl", "audio")
    assert house.engine.muted[1:] == [(carl, "TR_carl")], "who publishes later is muted, too"
    assert (await client.post("/session/moderate/mute-all", json={**owner, "active": False})).status_code == 200
    assert (await house.engine.description(session))["mute"]["active"] is False
    await house.engine.publish(session, carl, "TR_again", "audio")
    assert len(house.engine.muted) == 2
