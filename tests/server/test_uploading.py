"""Archives in buckets of projects' own: `uploaded` means that they are there; until then the film is here."""

import functools
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from reelroom.api.app import create_app
from reelroom.archives.answer import film_link
from reelroom.archives.uploading import next_attempt
from reelroom.egress import Egress
from reelroom.files.buckets import Uploader, endpoint_of, region_of
from reelroom.files.films import TEXTS
from reelroom.store.values import Archive, Bucket, Upload
from tests.e2e.running import free_port
from tests.s3_server import ACCESS_KEY, SECRET_KEY, S3Server, s3_server
from tests.server.conftest import House, film
from tests.server.test_nothing_forgotten import an_archive, state
from tests.server.waiting import eventually

DAY = 24 * 3600 * 1000


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
async def house(tmp_path: Path, empty_database: bytes) -> AsyncIterator[House]:
    """A server that may reach this machine, and uploads."""
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path, private_destinations=True)
    await house.open()
    await house.server.uploading.start()
    yield house
    await house.server.stop()


async def store_in(house: House, config: dict[str, str], *, fallback: bool = False) -> None:
    key = house.server.keys.api_key
    bucket = Bucket(project=key, kind="s3", config=config, fallback=fallback, created_at=1)
    await house.server.uploading.set_bucket(bucket)


async def finish(house: House, **fields: Any) -> Archive:
    """An archive whose film has just been finished."""
    archive = await an_archive(house, **fields)
    film(house, archive.id)
    house.server.archives.resume(archive)
    return archive


def waiting(house: House, archive: Archive, since: int) -> Upload:
    server = house.server
    key, node = server.keys.api_key, server.node.name
    return Upload(archive_id=archive.id, project=key, node=node, next_at=1, created_at=since)


async def upload_of(house: House, archive: Archive) -> Upload | None:
    return await house.server.store.uploads.get(archive.id)


async def has_problem(house: House, archive: Archive) -> str:
    upload = await upload_of(house, archive)
    return upload.problem if upload else ""


async def gone(house: House, archive: Archive) -> bool:
    """Nothing is left to do with it, and its film is not here."""
    return await upload_of(house, archive) is None and not house.server.storage.has(archive.id)


def at(s3: S3Server, bucket: str, house: House, archive: Archive) -> Path:
    return s3.folder / bucket / house.server.keys.api_key / archive.id / "archive.mp4"


async def test_uploaded_means_that_the_film_is_in_the_bucket(house: House, s3: S3Server) -> None:
    s3.make_bucket("films")
    await store_in(house, s3.config("films"))
    await house.tell_of(("archive", "status"))
    archive = await finish(house)
    await eventually(lambda: gone(house, archive))
    assert at(s3, "films", house, archive).read_bytes() == b"a whole film"
    known = await house.server.archives.get(archive.id)
    assert (known.status, known.size) == ("uploaded", len(b"a whole film"))
    assert film_link(known, house.settings, house.server.keys) is None
    assert [(each["status"], each["url"]) for each in await house.told()] == [("uploaded", None)]


async def test_a_transcript_lies_beside_its_film_and_again_once_it_is_another(house: House, s3: S3Server) -> None:
    """A summary does, too; also what is written while the film is on its way, or while the bucket is away."""
    s3.make_bucket("words")
    await store_in(house, s3.config("words"))
    archive, server = await an_archive(house), house.server

    def write(text: str) -> None:
        for suffix in TEXTS:
            server.storage.path(archive.id, suffix).write_text(f"{text}{suffix}")

    def brought(text: str) -> bool:
        there = [at(s3, "words", house, archive).with_name(f"archive{suffix}") for suffix in TEXTS]
        return all(each.is_file() for each in there) and [each.read_text() for each in there] == [
            f"{text}{suffix}" for suffix in TEXTS
        ]

    film(house, archive.id)
    write("as heard")
    server.archives.resume(archive)
    await eventually(lambda: gone(house, archive))
    assert brought("as heard")
    before = at(s3, "words", house, archive).stat().st_mtime_ns
    write("corrected")
    await store_in(house, {**s3.config("words"), "endpoint": f"http://127.0.0.1:{free_port()}"})
    await server.archives.changes.rewritten(archive.id, {}, server.node.name)
    await eventually(lambda: has_problem(house, archive))
    assert await state(house, archive.id) == "uploaded", "the film is there"
    await store_in(house, s3.config("words"))
    await eventually(lambda: gone(house, archive))
    assert brought("corrected")
    assert at(s3, "words", house, archive).stat().st_mtime_ns == before, "the film is not brought again"
    assert all(server.storage.has(archive.id, suffix) for suffix in TEXTS), "here they are read, too"


async def test_what_is_asked_for_while_an_upload_is_under_way_is_still_to_be_done(house: House) -> None:
    archive, uploads = await an_archive(house, status="uploaded"), house.server.store.uploads
    await house.server.uploading.close()
    first = waiting(house, archive, since=1)
    async with house.server.store.transaction() as tx:
        await tx.uploads.again(first)
    async with house.server.store.transaction() as tx:
        await tx.uploads.again(replace(first, created_at=2))
    await uploads.settle(first)
    second = await uploads.get(archive.id)
    assert second is not None and (second.created_at, second.attempts) == (2, 0)
    await uploads.settle(second)
    assert await uploads.get(archive.id) is None


async def test_a_film_larger_than_a_part_comes_whole(house: House, s3: S3Server) -> None:
    s3.make_bucket("large")
    await store_in(house, s3.config("large"))
    archive = await an_archive(house)
    content = bytes(range(256)) * (13 << 12)  # 13 MiB: three parts
    house.server.storage.folder.mkdir()
    house.server.storage.path(archive.id).write_bytes(content)
    house.server.archives.resume(archive)
    await eventually(lambda: gone(house, archive))
    assert at(s3, "large", house, archive).read_bytes() == content


async def test_it_is_tried_again_by_the_next_server_and_the_film_is_kept_until_then(
    house: House, s3: S3Server
) -> None:
    await store_in(house, s3.config("later"))  # there is no such bucket yet
    archive = await finish(house)
    problem = await eventually(lambda: has_problem(house, archive))
    assert ACCESS_KEY not in problem and SECRET_KEY not in problem
    assert await state(house, archive.id) == "stopped"
    assert house.server.storage.has(archive.id)
    await house.server.taking_up.look()
    assert not house.server.archives.is_in_use(archive.take_id)  # it is not made again
    await house.server.uploading.close()
    await house.follow()
    s3.make_bucket("later")
    await house.server.uploading.start()
    await eventually(lambda: gone(house, archive))
    assert await state(house, archive.id) == "uploaded"
    assert at(s3, "later", house, archive).read_bytes() == b"a whole film"


async def test_what_is_not_in_a_bucket_is_removed_already_and_a_problem_is_one_line(
    house: House, s3: S3Server
) -> None:
    egress = Egress(private=True)
    uploader = Uploader(await egress.start())
    await uploader.remove("s3", s3.config("no-such-bucket"), "a/archive.mp4")
    egress.stop()
    await store_in(house, s3.config("no-such-bucket"))
    problem = await eventually(functools.partial(has_problem, house, await finish(house)))
    assert problem.startswith("FileNotFound: ") and "\n" not in problem


async def test_a_server_that_was_killed_after_the_upload_clears_up(house: House) -> None:
    archive = await an_archive(house, status="uploaded")
    film(house, archive.id)
    await house.server.store.add(waiting(house, archive, since=1))
    await house.server.uploading.remove_bucket("another project")  # wakes it
    await eventually(lambda: gone(house, archive))
    assert await state(house, archive.id) == "uploaded"


async def test_with_a_fallback_it_is_available_until_it_is_there(house: House, s3: S3Server) -> None:
    await store_in(house, {**s3.config("films"), "endpoint": f"http://127.0.0.1:{free_port()}"}, fallback=True)
    archive = await finish(house)
    await eventually(lambda: has_problem(house, archive))
    known = await house.server.archives.get(archive.id)
    assert known.status == "available" and film_link(known, house.settings, house.server.keys)
    s3.make_bucket("in-the-end")
    await store_in(house, s3.config("in-the-end"), fallback=True)  # what waits is tried at once
    await eventually(lambda: gone(house, archive))
    assert await state(house, archive.id) == "uploaded"


async def test_without_a_bucket_any_more_it_stays_here(house: House, s3: S3Server) -> None:
    await store_in(house, s3.config("nowhere"))
    archive = await finish(house)
    await eventually(lambda: has_problem(house, archive))
    await house.server.uploading.remove_bucket(house.server.keys.api_key)

    async def available() -> bool:
        return await state(house, archive.id) == "available" and await upload_of(house, archive) is None

    await eventually(available)
    assert house.server.storage.has(archive.id)


async def test_what_is_deleted_goes_nowhere(house: House, s3: S3Server) -> None:
    await store_in(house, s3.config("too-late"))
    archive = await finish(house)
    await eventually(lambda: has_problem(house, archive))
    await house.server.archives.delete(archive.id)
    s3.make_bucket("too-late")
    await store_in(house, s3.config("too-late"))

    async def settled() -> bool:
        return await upload_of(house, archive) is None

    await eventually(settled)
    assert await state(house, archive.id) == "deleted"
    assert house.server.storage.has(archive.id)  # in the bin
    assert not at(s3, "too-late", house, archive).exists()


async def test_what_was_deleted_while_it_waited_goes_there_once_it_is_restored(house: House, s3: S3Server) -> None:
    await store_in(house, s3.config("after-all"))
    archive = await finish(house)
    await eventually(lambda: has_problem(house, archive))
    await house.server.archives.delete(archive.id)
    await store_in(house, s3.config("after-all"))  # what waits is looked at: this one is to go nowhere

    async def settled() -> bool:
        return await upload_of(house, archive) is None

    await eventually(settled)
    s3.make_bucket("after-all")
    assert (await house.server.archives.restore(archive.id)).status == "stopped"
    await eventually(lambda: gone(house, archive))
    assert await state(house, archive.id) == "uploaded"
    assert at(s3, "after-all", house, archive).read_bytes() == b"a whole film"


async def test_after_a_day_it_has_failed_and_the_film_is_still_here(house: House, s3: S3Server) -> None:
    archive = await an_archive(house)
    film(house, archive.id)
    await store_in(house, s3.config("never"))
    long_ago = time.time_ns() // 1_000_000 - DAY - 1000
    await house.server.store.add(waiting(house, archive, since=long_ago))
    await store_in(house, s3.config("never"))

    async def failed() -> bool:
        return await state(house, archive.id) == "failed"

    await eventually(failed)
    known = await house.server.archives.get(archive.id)
    assert known.reason.startswith("could not be uploaded: ") and known.passing
    assert house.server.storage.has(archive.id)


def test_attempts_grow_apart_and_end_after_a_day() -> None:
    upload = Upload(archive_id="a", project="p", node="n", next_at=0, created_at=0)
    pauses = [next_attempt(Upload(**(vars(upload) | {"attempts": n})), 10) for n in range(30)]
    assert pauses[:4] == [1010, 2010, 4010, 8010]
    assert pauses[-1] == 900_010
    assert next_attempt(upload, DAY) is not None and next_attempt(upload, DAY + 1) is None


def test_where_a_bucket_is() -> None:
    assert endpoint_of("s3", {}) == "https://s3.amazonaws.com"
    assert endpoint_of("s3", {"region": "eu-west-1"}) == "https://s3.eu-west-1.amazonaws.com"
    assert region_of("https://s3.eu-central-1.amazonaws.com") == "eu-central-1"
    assert region_of("https://storage.example") == "us-east-1"
    azure = {"accountName": "films", "domain": "blob.core.cloudapi.de"}
    assert endpoint_of("azure", azure) == "https://films.blob.core.cloudapi.de"
    assert endpoint_of("azure", {"accountName": "films"}) == "https://films.blob.core.windows.net"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page that is built, as far as the server looks."""
    (tmp_path / "page" / "assets").mkdir(parents=True)
    return tmp_path / "page"


class Application:
    """Calls the API of a house."""

    def __init__(self, house: House, page: Path) -> None:
        keys, now = house.server.keys, int(time.time())
        claims = {"iss": keys.api_key, "ist": "project", "iat": now, "exp": now + 60}
        self.path = f"/v2/project/{keys.api_key}/archive/storage"
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(house.server, page)),
            base_url="http://127.0.0.1:8080",
            headers={"X-OPENTOK-AUTH": jwt.encode(claims, keys.api_secret)},
        )

    async def put(self, **body: Any) -> httpx.Response:
        return await self.http.put(self.path, json=body)


S3 = {"accessKey": "AKIASECRETS", "secretKey": "nobody/may+see", "bucket": "films"}
AZURE = {"accountName": "films", "accountKey": "bm9ib2R5IG1heSBzZWU=", "container": "archives"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "s3"}, "config"),
        ({"type": "ftp", "config": S3}, "type"),
        ({"type": "s3", "config": {"accessKey": "a", "bucket": "b"}}, "config"),
        ({"type": "s3", "config": AZURE}, "accessKey"),
        ({"type": "Azure", "config": S3}, "accountName"),
        ({"type": "s3", "config": S3, "fallback": "maybe"}, "fallback"),
        ({"type": "s3", "config": {**S3, "endpoint": "ftp://127.0.0.1"}}, "endpoint"),
        ({"type": "s3", "config": {**S3, "endpoint": "http://169.254.169.254/latest"}}, "not on the public internet"),
        ({"type": "s3", "config": {**S3, "endpoint": "http://127.0.0.1:9000"}}, "not on the public internet"),
        ({"type": "Azure", "config": {**AZURE, "domain": "http://[::1]:10000/films"}}, "not on the public internet"),
    ],
)
async def test_what_cannot_be_a_bucket_is_refused(
    house: House, page: Path, body: dict[str, Any], message: str
) -> None:
    await house.server.uploading.close()
    await house.follow(private_destinations=False)
    application = Application(house, page)
    answer = await application.put(**body)
    assert answer.status_code == 400 and message in answer.json()["message"], answer.text
    assert await house.server.store.buckets.get(house.server.keys.api_key) is None
    secrets = (S3["secretKey"], S3["accessKey"], AZURE["accountKey"])
    assert not any(secret in answer.text for secret in secrets)


async def test_credentials_are_neither_given_back_nor_logged(
    house: House, s3: S3Server, page: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    application = Application(house, page)
    wrong = {**s3.config("films"), "secretKey": "this+is/the-wrong-one"}
    answer = await application.put(type="S3", config=wrong, fallback="none")
    assert (answer.status_code, answer.json()) == (200, {})
    archive = await finish(house)
    problem = await eventually(lambda: has_problem(house, archive))
    bucket = await house.server.store.buckets.get(house.server.keys.api_key)
    assert bucket is not None and bucket.config == wrong
    assert [(await application.http.delete(application.path)).status_code for _ in range(2)] == [204, 204]
    out, err = capfd.readouterr()
    assert "archive not uploaded" in out + err
    for said in (problem, out, err, repr(bucket)):
        assert wrong["secretKey"] not in said and ACCESS_KEY not in said
