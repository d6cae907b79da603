"""A server for all SDKs, and sessions with people in them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from reelroom.keys import load_keys
from tests.e2e.people import Person, ann, ben
from tests.e2e.running import RunningServer

SMALL: dict[str, Any] = {"width": 320, "height": 180, "fps": 10}


@pytest.fixture(scope="session")
def sdk_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("sdk"))
    try:
        yield running.start()
    finally:
        running.close()


@dataclass
class Meeting:
    """People in a session, who came with tokens that an SDK made."""

    server: RunningServer
    session_id: str
    people: list[Person] = field(default_factory=list)

    async def join(self, person: Person, token: str, *, publish: bool = True) -> Person:
        answer = await asyncio.to_thread(
            self.server.http.post,
            "/session/connect",
            json={"sessionId": self.session_id, "token": token, "name": person.name},
        )
        assert answer.status_code == 200, answer.text
        access = answer.json()["url"], answer.json()["accessToken"]
        if publish:
            await person.join(*access)
        else:
            person.room.on("data_received", person._hear)
            await person.room.connect(*access)
        self.people.append(person)
        return person


MakeMeeting = Callable[[str, list[str]], Awaitable[Meeting]]


@pytest.fixture
async def meet(sdk_server: RunningServer) -> AsyncIterator[MakeMeeting]:
    """Brings one or two people into a session, each with a token."""
    meetings: list[Meeting] = []

    async def bring(session_id: str, tokens: list[str]) -> Meeting:
        meeting = Meeting(sdk_server, session_id)
        meetings.append(meeting)
        for person, token in zip([ann(**SMALL), ben(**SMALL)], tokens, strict=False):
            await meeting.join(person, token)
        return meeting

    yield bring
    for meeting in meetings:
        for person in meeting.people:
            await person.leave()


@pytest.fixture
def key_and_secret(sdk_server: RunningServer) -> tuple[str, str]:
    keys = load_keys(sdk_server.data_dir)
    return keys.api_key, keys.api_secret


async def eventually(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """The first true value of a blocking call."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := await asyncio.to_thread(condition)):
        assert asyncio.get_running_loop().time() < deadline, f"{what}: did not happen within {seconds:.0f} s"
        await asyncio.sleep(0.1)
    return value
