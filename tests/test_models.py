"""`reelroom model`: fetched when asked for, whole or not at all, listed, and used; from a small hub of the tests."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reelroom.config import Settings
from reelroom.transcribing.models import model_in_use

FILES = {
    "config.json": b"{}",
    "model.bin": b"what a model knows",
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a\nb\n",
}
REPOSITORY = "Systran/faster-whisper-tiny"
COMMIT = "d90ca5fe260221311c53c58e660288d3deb8d356"


class Hub:
    """Has one model, all of which it gives but for what is `missing`."""

    def __init__(self) -> None:
        self.missing = ""
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.asked.append(self.path)
                name = self.path.rpartition("/")[2]
                if "/tree/" in self.path:
                    files = [
                        {"type": "file", "path": each, "size": len(what), "oid": hashlib.sha1(what).hexdigest()}
                        for each, what in FILES.items()
                    ]
                    self.answer(200, json.dumps(files).encode(), "application/json")
                elif self.path.startswith(f"/api/models/{REPOSITORY}"):
                    files = [{"rfilename": each} for each in FILES]
                    told = json.dumps({"id": REPOSITORY, "sha": COMMIT, "siblings": files}).encode()
                    self.answer(200, told, "application/json")
                elif name in FILES and name != hub.missing:
                    self.answer(200, FILES[name], "application/octet-stream")
                else:
                    self.answer(403, b"", "text/plain")

            do_HEAD = do_GET

            def answer(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
                self.send_header("X-Repo-Commit", COMMIT)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    thread = threading.Thread(target=hub.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    hub.server.shutdown()
    thread.join()
    hub.server.server_close()


def model(data_dir: Path, *arguments: str, hub: Hub | None = None, **more: str) -> tuple[int, str]:
    """What `reelroom model` says, and how it ends."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("REELROOM_", "HF_"))}
    asked = {
        **known,
        "HF_HOME": str(data_dir / "hf"),
        "HF_ENDPOINT": hub.url if hub else "http://127.0.0.1:9",
        **more,
    }
    command = [sys.executable, "-m", "reelroom", "model", *arguments, "--data-dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, env=asked, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_one_is_fetched_when_asked_for_and_used_from_then_on(tmp_path: Path, hub: Hub) -> None:
    code, said = model(tmp_path, "list", hub=hub)
    assert code == 0 and "`reelroom model get base` fetches one" in said and not hub.asked
    code, said = model(tmp_path, "get", "tiny", hub=hub)
    assert (code, said) == (0, "tiny is used from now on.\n")
    here = tmp_path / "models" / "tiny"
    assert model_in_use(Settings(data_dir=tmp_path)) == here
    assert {each.name: each.read_bytes() for each in here.iterdir() if each.is_file()} == FILES
    _, said = model(tmp_path, "list")
    assert "tiny" in said and "yes" in said and "partial" not in said


def test_one_that_did_not_come_whole_is_none_and_is_gone_on_with(tmp_path: Path, hub: Hub) -> None:
    hub.missing = "tokenizer.json"
    code, said = model(tmp_path, "get", "tiny", hub=hub)
    assert code == 1 and "tiny could not be fetched: " in said and "Traceback" not in said
    assert "There is none" in model(tmp_path, "list")[1] and model_in_use(Settings(data_dir=tmp_path)) is None
    assert model(tmp_path, "use", "tiny")[0] == 1
    hub.missing, hub.asked = "", []
    assert model(tmp_path, "get", "tiny", hub=hub) == (0, "tiny is used from now on.\n")
    assert [each.name for each in (tmp_path / "models").iterdir() if not each.is_symlink()] == ["tiny"]


def test_what_cannot_be_had_is_said_in_words(tmp_path: Path) -> None:
    code, said = model(tmp_path, "get", "huge")
    assert code == 1 and "There is no model 'huge', but tiny.en, tiny," in said
    code, said = model(tmp_path, "use", str(tmp_path))
    assert code == 1 and f"{tmp_path} holds no model of faster-whisper: there is no model.bin in it" in said


def test_what_a_setting_names_goes_first_and_says_so(tmp_path: Path) -> None:
    mine, other = tmp_path / "models" / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir(parents=True)
        (folder / "model.bin").write_bytes(b"x")
    named = {"REELROOM_SPEECH_MODEL": str(other)}
    code, said = model(tmp_path, "use", "mine", **named)
    assert code == 0 and said == f"{mine} is used once nothing else is: REELROOM_SPEECH_MODEL names {other}.\n"
    assert model(tmp_path, "use", "mine") == (0, f"{mine} is used from now on.\n")
    gone = str(tmp_path / "gone")
    assert f"REELROOM_SPEECH_MODEL names {gone}, and no model is there" in model(
        tmp_path, "list", REELROOM_SPEECH_MODEL=gone
    )[1].replace("\n", "")
