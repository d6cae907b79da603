"""Telephones: real ones are called; what they say is in the film, what is said they hear, and digits arrive."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from reelroom.keys import load_keys
from tests.e2e.application import Application
from tests.e2e.films import watch
from tests.e2e.people import Person, ann, ben
from tests.e2e.running import RunningServer, free_port, wait_until
from tests.e2e.telephones import baresip, sipp
from tests.e2e.test_callbacks import Listener

TONE = 1500.0  # Hz, what the telephone says


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """It may call telephones of this machine."""
    running = RunningServer(
        tmp_path_factory.mktemp("telephones") / "data", settings={"REELROOM_PRIVATE_DESTINATIONS": "true"}
    )
    try:
        yield running.start()
    finally:
        running.close()


async def join(server: RunningServer, room: str) -> tuple[str, Person]:
    """A room's session, and Ann, who speaks in it."""
    session = (await asyncio.to_thread(server.open_room, room))["sessionId"]
    person = await ann(width=320, height=180, fps=5).join(*await asyncio.to_thread(server.connect, room, "Ann"))
    person.speak()
    return session, person


def dial(application: Application, session: str, uri: str, **more: Any) -> Any:
    body = {"sessionId": session, "token": application.token(session), "sip": {"uri": uri, **more}}
    return application.project("POST", "/dial", json=body)


async def until(condition: Any, what: str, seconds: float = 60) -> Any:
    return await asyncio.to_thread(wait_until, condition, what, seconds)


async def test_a_telephone_is_heard_hears_and_is_recorded_until_it_is_made_to_leave(
    server: RunningServer, tmp_path: Path
) -> None:
    application = Application(server)
    session, person = await join(server, "called")
    listener = Listener(0, load_keys(server.data_dir).callback_secret)
    for event in ("created", "updated", "destroyed", "muteForced"):
        body = {"group": "sip_call", "event": event, "url": listener.url}
        assert application.project("POST", "/callback", json=body).status_code == 200
    with baresip(tmp_path / "telephone", TONE) as telephone:
        answer = await asyncio.to_thread(dial, application, session, telephone.address, observeForceMute=True)
        assert answer.status_code == 200, answer.text
        call = answer.json()
        its = {"id": call["streamId"], "name": "peer", "layoutClassList": []}

        def published() -> bool:
            return its in application.project("GET", f"/session/{session}/stream").json()["items"]

        await until(published, "it is a stream like any other", 20)
        archive = await asyncio.to_thread(application.archive, session)

        await until(lambda: telephone.loudness(person.tone) > 1000, "what she says arrives")
        path = f"/session/{session}/connection/{call['connectionId']}/play-dtmf"
        assert application.project("POST", path, json={"digits": "1p2#"}).status_code == 200
        assert application.project("POST", f"/session/{session}/play-dtmf", json={"digits": "*"}).status_code == 200
        for key in "12#*":
            await until(lambda key=key: f"received event: '{key}' (end=1)" in telephone.log, f"{key} arrives", 20)

        await asyncio.sleep(3)  # of what is recorded
        assert application.project("POST", f"/session/{session}/stream/{call['streamId']}/mute").status_code == 200
        await until(lambda: listener.events("muteForced"), "it is told that the telephone was muted", 20)
        await asyncio.sleep(2)  # of silence
        assert application.project("POST", f"/archive/{archive['id']}/stop").status_code == 200
        gone = application.project("DELETE", f"/session/{session}/connection/{call['connectionId']}")
        assert gone.status_code == 204
        await until(lambda: "session closed" in telephone.log, "it is hung up", 20)
    told = await until(lambda: listener.events("callDestroyed") and listener.told, "its end is told", 20)
    states = [each.get("state") for each in told if each["event"] != "muteForced"]
    assert states in (["DIALING", "RINGING", "ACTIVE", "HANGUP"], ["DIALING", "ACTIVE", "HANGUP"])
    ended = listener.events("callDestroyed")[0]
    assert ended["reason_message"] == "it was made to leave"
    assert ended["call"] == {
        key: call[at] for key, at in (("id", "id"), ("connectionId", "connectionId"), ("createdAt", "createdAt"))
    }
    listener.close()
    film = watch(await asyncio.to_thread(application.film, archive["id"], tmp_path))
    assert film.loudness(TONE, 1, 3) > 0.02, "the telephone is in the film"
    assert film.loudness(TONE, film.seconds - 0.5, film.seconds) < 0.01, "until it was muted"
    await person.leave()


@pytest.mark.slow
async def test_a_telephone_hears_the_streams_that_it_was_called_for(server: RunningServer, tmp_path: Path) -> None:
    application = Application(server)
    session, person = await join(server, "chosen")
    other = await ben(width=320, height=180, fps=5).join(*await asyncio.to_thread(server.connect, "chosen", "Ben"))
    other.speak()

    def stream_of(name: str) -> str:
        items = application.project("GET", f"/session/{session}/stream").json()["items"]
        return next((each["id"] for each in items if each["name"] == name), "")

    chosen = await until(lambda: stream_of("Ben"), "Ben's stream is there")
    answer = await asyncio.to_thread(dial, application, session, "sip:x@127.0.0.1:9", streams=[str(uuid4())])
    assert answer.status_code == 400 and "There is no stream" in answer.json()["message"]
    with baresip(tmp_path / "telephone", TONE) as telephone:
        answer = await asyncio.to_thread(dial, application, session, telephone.address, streams=[chosen])
        assert answer.status_code == 200, answer.text
        await until(lambda: telephone.loudness(other.tone) > 1000, "it hears Ben")
        await asyncio.sleep(2)  # of what it hears
        assert telephone.loudness(person.tone) < 100 < telephone.loudness(other.tone)
    for each in (person, other):
        await each.leave()


@pytest.mark.slow
async def test_the_other_side_hangs_up_and_is_gone(server: RunningServer, tmp_path: Path) -> None:
    application = Application(server)
    session, person = await join(server, "hung up")
    with baresip(tmp_path / "telephone", TONE) as telephone:
        call = (await asyncio.to_thread(dial, application, session, telephone.address)).json()

        def present() -> bool:
            found = application.project("GET", f"/session/{session}/connection").json()["items"]
            return call["connectionId"] in {each["connectionId"] for each in found}

        assert present()
        await until(lambda: telephone.loudness(person.tone) > 1000, "it hears her")
        telephone.process.terminate()  # it says goodbye
        await until(lambda: not present(), "it is gone from the session", 20)
    await person.leave()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("486 Busy Here", "sip: it is busy (486 Busy Here)"),
        ("404 Not Found", "sip: nobody has that address (404 Not Found)"),
    ],
)
async def test_who_refuses_is_refused_with_their_words(
    server: RunningServer, tmp_path: Path, status: str, words: str
) -> None:
    application = Application(server)
    session, person = await join(server, "refused")
    with sipp(tmp_path, status) as port:
        answer = await asyncio.to_thread(
            dial,
            application,
            session,
            f"sip:1234@127.0.0.1:{port}",
            **{"from": "14155550101@example.com", "headers": {"X-Call": "7"}},
        )
        assert (answer.status_code, answer.json()["message"]) == (400, words)
        asked = (tmp_path / "messages").read_text()
    assert "X-Call: 7" in asked and "<sip:14155550101@example.com>" in asked
    with sipp(tmp_path) as port:
        answer = await asyncio.to_thread(dial, application, session, f"sip:1234@127.0.0.1:{port}", secure=True)
        assert (answer.status_code, answer.json()["message"]) == (400, "sip: the other side does not encrypt sound")
        await until(lambda: "BYE" in (tmp_path / "messages").read_text(), "it is told so", 10)
    answer = await asyncio.to_thread(dial, application, session, f"sip:1234@127.0.0.1:{free_port()};transport=tcp")
    assert (answer.status_code, answer.json()["message"]) == (400, "sip: nothing answers there")
    await person.leave()
