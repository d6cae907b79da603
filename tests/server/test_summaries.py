"""Summaries: transcripts that ask for one are summed up by the model that the host has named, and by no other."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reelroom.archives.summarising import NO_ENDPOINT, next_attempt
from reelroom.store.transcripts import KeptTranscript
from tests.oracle import Oracle, lines_of, summed_up
from tests.server.conftest import House, caller
from tests.server.test_transcripts import calls, finished, start
from tests.server.waiting import eventually


@pytest.fixture
def oracle() -> Iterator[Oracle]:
    with Oracle().serving() as oracle:
        yield oracle


@pytest.fixture
async def summing(tmp_path: Path, empty_database: bytes, oracle: Oracle) -> AsyncIterator[House]:
    """A server whose host has named the oracle's model."""
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    (tmp_path / "key").write_text("sesame\n")
    house = House(tmp_path, summary_url=oracle.url, summary_model="small", summary_key_file=tmp_path / "key")
    await house.open()
    yield house
    await house.server.stop()


@pytest.fixture
async def host(summing: House, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(summing.server, tmp_path) as client:
        yield client


async def transcribed(house: House, archive_id: str) -> None:
    """Its transcript has just been made."""
    changes: dict[str, Any] = {"language": "en", "reason": "", "next_at": None}
    await house.server.archives.changes.transcribed(archive_id, "available", by=None, **changes)


async def asked_for(house: House, client: httpx.AsyncClient, number: int = 1) -> str:
    """A film whose transcript is there, and to be summed up."""
    archive_id = await finished(house, client, number)
    await transcribed(house, archive_id)
    answer = await client.post(f"/archive/{archive_id}/summary", headers=calls(house))
    assert answer.status_code == 200 and answer.json()["transcript"]["summary"]["status"] == "requested"
    return archive_id


async def kept(house: House, archive_id: str) -> KeptTranscript:
    known = await house.server.store.transcripts.get(archive_id)
    assert known is not None
    return known


async def becomes(house: House, archive_id: str, status: str) -> KeptTranscript:
    """Looked at from now on, by one task alone: a second one would make what the first makes, and write after it."""
    if not any(task.get_name() == "summaries" for task in asyncio.all_tasks()):
        house.server.summarising.start()
    house.server.archives.changes.summable.set()

    async def there() -> KeptTranscript | None:
        known = await kept(house, archive_id)
        return known if known.summary_status == status and known.summary_at is None else None

    found: KeptTranscript = await eventually(there)
    return found


async def test_a_transcript_that_asks_for_it_is_summed_up_and_its_project_is_told(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    await summing.tell_of(("archive", "status"))
    archive_id = await finished(summing, host)
    await summing.server.store.transcripts.move(archive_id, "started", has_summary=True)  # as an application wishes
    await transcribed(summing, archive_id)
    assert (await kept(summing, archive_id)).summary_status == "requested"
    await becomes(summing, archive_id, "available")
    (asked,) = oracle.asked
    assert asked["path"] == "/v1/chat/completions" and asked["model"] == "small"
    assert lines_of(asked) == [(1, "Ann: Good morning.")] and oracle.keys == ["Bearer sesame"]
    assert asked["response_format"]["json_schema"]["schema"]["additionalProperties"] is False

    path = f"/v2/project/{summing.server.keys.api_key}/archive/{archive_id}"
    told = (await host.get(path, headers=calls(summing))).json()["transcription"]
    assert told["hasSummary"] is True and told["summary"]["status"] == "available"
    found = (await host.get(httpx.URL(told["summary"]["url"]).raw_path.decode())).json()
    began = (await summing.server.archives.get(archive_id)).start_us
    note = {"text": "They greet each other.", "at": 0.5, "roomTime": began + 500_000}
    assert found["title"] == "Good morning" and found["summary"] == [note] and found["model"] == "small"
    assert found["tasks"] == [{**note, "text": "Write to the office.", "who": "Ann"}]

    last = (await summing.told())[-1]
    assert last["id"] == archive_id and last["transcription"]["summary"]["status"] == "available"
    (own,) = (await host.get("/archive/" + last["sessionId"], headers=calls(summing))).json()
    assert own["summaryUrl"] and own["transcript"]["summary"] == {
        "status": "available",
        "reason": "",
        "outdated": False,
    }
    assert own["transcript"]["canSumUp"] is True


async def test_without_a_model_nothing_leaves_the_server_and_the_transcript_is_there(
    house: House, client: httpx.AsyncClient
) -> None:
    archive_id = await finished(house, client)
    await house.server.store.transcripts.move(archive_id, "started", has_summary=True)
    await transcribed(house, archive_id)
    known = await becomes(house, archive_id, "failed")
    assert (known.status, known.summary_reason) == ("available", NO_ENDPOINT)
    refused = await client.post(f"/archive/{archive_id}/summary", headers=calls(house))
    assert refused.status_code == 501 and "REELROOM_SUMMARY_URL" in refused.json()["message"]


async def test_nobody_is_asked_of_a_transcript_that_does_not_want_it(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    archive_id = await finished(summing, host)
    await transcribed(summing, archive_id)
    assert (await kept(summing, archive_id)).summary_status == ""
    await becomes(summing, await asked_for(summing, host, 2), "available")
    assert len(oracle.asked) == 1
    assert (await kept(summing, archive_id)).summary_status == ""


async def test_rubbish_is_asked_about_anew_and_then_given_up(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    oracle.reply = lambda _asked: (200, summed_up(line=99))
    archive_id = await asked_for(summing, host)
    known = await becomes(summing, archive_id, "failed")
    assert "cannot be used, 3 times over: it names line 99" in known.summary_reason
    assert known.status == "available" and len(oracle.asked) == 3
    assert "it names line 99, which it was not shown" in oracle.asked[1]["messages"][0]["content"]
    oracle.reply = lambda _asked: (200, summed_up())
    await host.post(f"/archive/{archive_id}/summary", headers=calls(summing))
    assert (await becomes(summing, archive_id, "available")).summary_reason == ""


async def test_a_model_that_is_away_is_asked_again_later(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    oracle.reply = lambda _asked: (503, "model is loading")
    archive_id = await asked_for(summing, host)
    summing.server.summarising.start()

    async def put_off() -> KeptTranscript | None:
        known = await kept(summing, archive_id)
        return known if known.summary_attempts else None

    known = await eventually(put_off)
    assert known.summary_status == "requested" and "answers 503: model is loading" in known.summary_reason
    assert known.summary_at is not None


async def test_a_redirect_takes_what_was_said_nowhere(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    with Oracle().serving() as elsewhere:
        oracle.reply = lambda _asked: (307, f"{elsewhere.url}/chat/completions")
        archive_id = await asked_for(summing, host)
        summing.server.summarising.start()

        async def put_off() -> bool:
            return (await kept(summing, archive_id)).summary_attempts > 0

        await eventually(put_off)
        assert not elsewhere.asked


async def test_a_server_that_knows_no_schemas_is_asked_without(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    def reply(asked: dict[str, Any]) -> tuple[int, str]:
        return (400, "unknown field response_format") if "response_format" in asked else (200, summed_up())

    oracle.reply = reply
    await becomes(summing, await asked_for(summing, host), "available")
    assert ["response_format" in each for each in oracle.asked] == [True, False]


async def test_what_was_answered_before_a_server_ended_is_not_asked_again(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    """Ten thousand words, in parts; the model goes away in the middle."""
    archive_id = await finished(summing, host)
    long(summing, archive_id)
    await transcribed(summing, archive_id)

    def reply(asked: dict[str, Any]) -> tuple[int, str]:
        whole = "decisions" in asked["messages"][0]["content"]
        return 200, summed_up(lines_of(asked)[0][0], whole=whole)

    oracle.reply = lambda asked: reply(asked) if len(oracle.asked) < 4 else (502, "gone")
    await host.post(f"/archive/{archive_id}/summary", headers=calls(summing))
    summing.server.summarising.start()

    async def put_off() -> bool:
        return (await kept(summing, archive_id)).summary_attempts > 0

    await eventually(put_off)
    await summing.server.summarising.close()
    first = [each["messages"][1]["content"] for each in oracle.asked]
    oracle.reply = reply
    await summing.follow()
    await summing.server.store.transcripts.ask_for_summary(archive_id, 1)
    await becomes(summing, archive_id, "available")
    again = [each["messages"][1]["content"] for each in oracle.asked[len(first) :]]
    assert len(first) == 4 and again[0] == first[3] and not set(first[:3]) & set(again)
    found = json.loads(summing.server.storage.path(archive_id, ".summary.json").read_text())
    assert len(found["summary"]) == 1 and len(found["tasks"]) == 1
    assert not summing.server.storage.drafts(archive_id).exists()


def long(house: House, archive_id: str) -> None:
    words = [{"from": n / 10, "to": n / 10 + 0.05, "text": f" word{n}", "confidence": 1} for n in range(10_000)]
    path = house.server.storage.path(archive_id, ".transcript.json")
    document = json.loads(path.read_text())
    document["passages"][0] |= {"words": words}
    path.write_text(json.dumps(document))


async def test_what_lies_in_the_bin_waits_and_what_is_gone_leaves_nothing(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    binned = await asked_for(summing, host)
    await summing.server.archives.delete(binned)
    other = await asked_for(summing, host, 2)
    await becomes(summing, other, "available")
    assert len(oracle.asked) == 1 and (await kept(summing, binned)).summary_status == "requested"
    await summing.server.archives.restore(binned)
    await becomes(summing, binned, "available")
    await summing.server.archives.delete(binned, forever=True)
    assert not list(summing.server.storage.folder.glob(f"{binned}*"))
    link = f"/films/{binned}.summary.json?expires=99999999999&signature=x"
    assert (await host.get(link)).status_code == 403


async def test_where_nothing_is_to_be_written_down_nothing_is_summed_up(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    archive_id = await asked_for(summing, host)
    summing.server.archives.may_be_transcribed = _never  # type: ignore[method-assign]
    assert "wants nothing written down" in (await becomes(summing, archive_id, "failed")).summary_reason
    assert (await host.post(f"/archive/{archive_id}/summary", headers=calls(summing))).status_code == 409
    assert not oracle.asked


async def _never(_archive: object) -> bool:
    return False


async def test_a_summary_of_what_was_said_before_counts_no_more_once_it_is_asked_for_anew(
    summing: House, host: httpx.AsyncClient
) -> None:
    archive_id = await asked_for(summing, host)
    before = await kept(summing, archive_id)
    again = await summing.server.store.transcripts.ask_for_summary(archive_id, (before.summary_at or 0) + 1)
    assert not await summing.server.store.transcripts.summed_up(before, "available")
    assert await kept(summing, archive_id) == again


def test_it_is_given_up_after_about_a_day() -> None:
    at, attempts = 0, 0
    while (again := next_attempt(attempts, at)) is not None:
        at, attempts = again, attempts + 1
    assert 20 < at / 3_600_000 < 30


async def test_where_the_host_wants_all_summed_up_all_are(tmp_path: Path, empty_database: bytes) -> None:
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path, summary_url="http://127.0.0.1:9/v1", summary_model="small", summaries="always")
    await house.open()
    try:
        async with caller(house.server, tmp_path) as client:
            told = (await start(house, client, hasTranscription=True)).json()["transcription"]
            assert told["hasSummary"] is True and told["summary"]["status"] == "requested"
    finally:
        await house.server.stop()


async def test_a_summary_says_that_it_is_older_than_a_correction_until_that_is_undone_or_it_is_made_again(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    archive_id = await asked_for(summing, host)
    words = summing.server.transcribing.words
    await words.give(await summing.server.archives.get(archive_id))  # as once it is written down
    await becomes(summing, archive_id, "available")
    asked = len(oracle.asked)

    async def outdated() -> bool:
        path = f"/v2/project/{summing.server.keys.api_key}/archive/{archive_id}"
        told = (await host.get(path, headers=calls(summing))).json()
        (own,) = (await host.get("/archive/" + told["sessionId"], headers=calls(summing))).json()
        assert own["transcript"]["summary"]["outdated"] == told["transcription"]["summary"]["outdated"]
        return bool(own["transcript"]["summary"]["outdated"])

    assert not await outdated()
    path = f"/archive/{archive_id}/transcript/corrections"
    body = {"participant": "ann", "from": 0.5, "text": "Good evening."}
    await host.post(path, json=body, headers=calls(summing))
    assert await outdated()
    text = json.loads(summing.server.storage.path(archive_id, ".transcript.json").read_text())
    correction = text["passages"][0]["corrected"]["id"]
    assert (await host.delete(f"{path}/{correction}", headers=calls(summing))).status_code == 200
    assert not await outdated(), "it rests on what is said now"
    await host.post(path, json=body | {"text": "Good morning.", "name": "Beth"}, headers=calls(summing))
    assert await outdated(), "who is to do something may be another"

    assert len(oracle.asked) == asked, "nobody has asked for another one"
    await host.post(f"/archive/{archive_id}/summary", headers=calls(summing))

    async def current() -> bool:
        return not await outdated()

    await eventually(current)
    assert len(oracle.asked) == asked + 1


async def test_what_is_corrected_while_it_is_summed_up_makes_that_outdated(
    summing: House, host: httpx.AsyncClient, oracle: Oracle
) -> None:
    archive_id = await asked_for(summing, host)
    said = summing.server.storage.path(archive_id, ".transcript.json")

    def reply(_asked: dict[str, Any]) -> tuple[int, str]:
        said.write_text(said.read_text().replace("morning", "evening"))
        return 200, summed_up()

    oracle.reply = reply
    await becomes(summing, archive_id, "available")
    await summing.server.transcribing.words.give(await summing.server.archives.get(archive_id))
    assert (await kept(summing, archive_id)).summary_is_outdated
