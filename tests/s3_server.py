"""A real S3 server of the tests' own, with a folder behind it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.running import free_port

BINARY = Path(__file__).parents[1] / ".build" / "bin" / "versitygw"
ACCESS_KEY, SECRET_KEY = "AKIAREELROOMTESTS", "an+access/key of+the/tests-alone"


@dataclass(frozen=True)
class S3Server:
    """Buckets are folders in `folder`; a file is as it was sent."""

    url: str
    folder: Path

    def make_bucket(self, name: str) -> None:
        (self.folder / name).mkdir()

    def config(self, bucket: str) -> dict[str, str]:
        """As an application gives it to the API."""
        return {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY, "bucket": bucket, "endpoint": self.url}


@contextmanager
def s3_server(folder: Path, port: int | None = None, host: str = "127.0.0.1") -> Iterator[S3Server]:
    """One that runs meanwhile; what is in its folder stays."""
    buckets, beside = folder / "buckets", folder / "beside"
    for each in (buckets, beside):
        each.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    assert BINARY.is_file(), "no S3 server: `make tools` builds one"
    process = subprocess.Popen(
        [BINARY, "--port", f"{host}:{port}", "--quiet", "posix", "--sidecar", beside, buckets],
        env={"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = S3Server(f"http://{host}:{port}", buckets)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(server.url, trust_env=False)
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < deadline, "the S3 server does not answer"
                time.sleep(0.05)
        yield server
    finally:
        process.kill()
        process.wait()
