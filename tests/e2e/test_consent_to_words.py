"""Who declined to be recorded is in nothing that is written of a recording: words, captions, search, summary."""

import asyncio
import json
from pathlib import Path

import pytest

from reelroom.files.films import SUMMARY, TEXTS
from reelroom.transcripts.heard import NAME
from tests.e2e.people import ann, ben
from tests.e2e.running import RunningServer, wait_until
from tests.meetings import MODEL
from tests.oracle import Oracle


@pytest.mark.slow
async def test_who_declines_is_written_down_nowhere(tmp_path: Path) -> None:
    with Oracle().serving() as oracle:
        settings = {
            "REELROOM_CONSENT": "ask",
            "REELROOM_SPEECH_MODEL": str(MODEL),
            "REELROOM_TRANSCRIPTS": "always",
            "REELROOM_SUMMARIES": "always",
            "REELROOM_SUMMARY_URL": oracle.url,
            "REELROOM_SUMMARY_MODEL": "small",
        }
        server = RunningServer(tmp_path / "data", settings=settings)
        try:
            await asyncio.to_thread(server.start)
            people, tokens = (ann(width=320, height=180), ben(width=320, height=180)), {}
            for person in people:
                url, tokens[person.name] = await asyncio.to_thread(server.connect, "asked", person.name)
                await person.join(url, tokens[person.name])
            session = server.open_room("asked")["sessionId"]
            for person in people:
                body = {"sessionId": session, "accessToken": tokens[person.name], "agrees": person.name == "Ann"}
                assert server.http.post("/session/consent", json=body).status_code == 200
            render = await asyncio.to_thread(server.record, "asked")
            await asyncio.to_thread(server.record_for, session, 0.5)
            for person in (people[1], people[0], people[1]):  # Ben talks before and after Ann
                person.speak()
                await asyncio.sleep(4)
                person.hush()
            await asyncio.to_thread(lambda: server.http.get(f"/render/stop/{render['id']}"))
            archive = await asyncio.to_thread(server.wait_for_archive, session, "available")
            for person in people:
                await person.leave()

            folder = server.data_dir / "archives"
            summary = folder / f"{archive['id']}{SUMMARY}"
            await asyncio.to_thread(wait_until, summary.is_file, "the summary", 180)
            for suffix in TEXTS:
                text = (folder / f"{archive['id']}{suffix}").read_text()
                assert text.strip() and "Ben" not in text, suffix
            (kept,) = server.data_dir.glob(f"takes/*/{NAME}")
            assert len({json.loads(line)["participant"] for line in kept.read_text().splitlines()}) == 1
            spoken = (folder / f"{archive['id']}.transcript.txt").read_text().splitlines()
            assert {line.partition("] ")[2].partition(":")[0] for line in spoken if line} == {"Ann"}
            assert oracle.asked and all("Ben" not in each["messages"][1]["content"] for each in oracle.asked)

            def found(**sought: str) -> int:
                answer = server.http.get("/archives", params={"session": session, **sought})
                return int(answer.json()["count"])

            await asyncio.to_thread(wait_until, lambda: found(person="Ann"), "Ann is found")
            assert not found(person="Ben") and not found(q="Ben")
        finally:
            server.close()
