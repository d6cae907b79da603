"""Where the server asks, people say for themselves whether they may be recorded, and nobody says it for them."""

import json
from pathlib import Path

from tests.server.conftest import House, caller


async def enter(house: House, folder: Path, room: str, name: str) -> tuple[str, str]:
    """Somebody comes in; returns the session and their access token."""
    async with caller(house.server, folder) as http:
        session = (await http.get(f"/session/{room}")).json()
        body = {"sessionId": session["sessionId"], "token": session["token"], "name": name}
        token = (await http.post("/session/connect", json=body)).json()["accessToken"]
    said = json.loads(token)
    await house.engine.join(said["room"], said["identity"], name, attributes=said["attributes"])
    return session["sessionId"], token


def consent(house: House, token: str) -> str | None:
    said = json.loads(token)
    return house.engine.rooms[said["room"]][said["identity"]].attributes.get("consent")


async def test_nobody_is_asked_unless_the_setting_says_so(house: House, tmp_path: Path) -> None:
    _, token = await enter(house, tmp_path, "studio", "Ann")
    assert consent(house, token) is None


async def test_everybody_answers_for_themselves(house: House, tmp_path: Path) -> None:
    await house.follow(consent="ask")
    await house.open()
    session, ann = await enter(house, tmp_path, "studio", "Ann")
    _, ben = await enter(house, tmp_path, "studio", "Ben")
    elsewhere, _ = await enter(house, tmp_path, "other", "Cleo")
    assert (consent(house, ann), consent(house, ben)) == ("asked", "asked")
    async with caller(house.server, tmp_path) as http:
        assert (await http.get("/rooms/studio")).json()["asks"]
        for wrong, status in (
            ({"sessionId": elsewhere, "accessToken": ann, "agrees": True}, 403),
            ({"sessionId": session, "accessToken": "made up", "agrees": True}, 403),
            ({"sessionId": session, "accessToken": ann, "agrees": "yes"}, 400),
            (
                {
                    "sessionId": session,
                    "accessToken": json.dumps({"room": session, "identity": "gone"}),
                    "agrees": True,
                },
                404,
            ),
        ):
            answer = await http.post("/session/consent", json=wrong)
            assert (answer.status_code, bool(answer.json()["message"])) == (status, True), wrong
        assert (consent(house, ann), consent(house, ben)) == ("asked", "asked")
        for token, agrees, said in ((ann, True, "given"), (ben, False, "declined"), (ann, False, "declined")):
            body = {"sessionId": session, "accessToken": token, "agrees": agrees}
            assert (await http.post("/session/consent", json=body)).status_code == 200
            assert consent(house, token) == said


async def test_an_access_token_that_is_not_ours_answers_for_nobody(house: House) -> None:
    from datetime import timedelta

    import jwt

    from reelroom.engine.livekit import Engine, Grant

    engine = Engine(house.settings, house.server.keys)
    ours = engine.access_token("room", "ann", "Ann", Grant(), timedelta(seconds=-5))
    assert engine.bearer(ours) == ("room", "ann")  # who is in the room stays there when their token is over
    forged = jwt.encode({"iss": "devkey", "sub": "ann", "video": {"room": "room"}}, "s" * 40, algorithm="HS256")
    assert engine.bearer(forged) is None
    assert engine.bearer("") is None
