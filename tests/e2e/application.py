"""An application of the tests: it calls the API as the server's own project, and has a page to be rendered."""

import time
from pathlib import Path
from typing import Any

import jwt

from reelroom.keys import load_keys
from reelroom.opentok.tokens import ClientToken, mint
from tests.e2e.running import RunningServer, wait_until

GREEN_WITH_A_TONE = """<!doctype html><title>a page</title>
<body style="margin: 0; background: rgb(40, 170, 60)">
<div id="mover" style="position: absolute; bottom: 0; width: 40px; height: 40px; background: black"></div>
<script>
  let x = 0;
  const move = () => { mover.style.left = `${x++ % 500}px`; requestAnimationFrame(move); };
  move();
  const sound = new AudioContext();
  const tone = sound.createOscillator();
  const quieter = sound.createGain();
  quieter.gain.value = 0.4;
  tone.connect(quieter).connect(sound.destination);
  tone.start();
</script>"""


class Application:
    """Calls the API as the server's own project."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.keys = load_keys(server.data_dir)

    def call(self, method: str, path: str, **options: Any) -> Any:
        claims = {"iss": self.keys.api_key, "ist": "project", "exp": int(time.time()) + 60}
        headers = {"X-OPENTOK-AUTH": jwt.encode(claims, self.keys.api_secret), "Accept": "application/json"}
        return self.server.http.request(method, path, headers=headers, **options)

    def project(self, method: str, path: str, **options: Any) -> Any:
        return self.call(method, f"/v2/project/{self.keys.api_key}{path}", **options)

    def new_session(self) -> str:
        return str(self.call("POST", "/session/create", content=b"").json()[0]["session_id"])

    def token(self, session: str, role: Any = "publisher") -> str:
        now = int(time.time())
        return mint(ClientToken(session, role, now, now + 600, "1"), self.keys.api_key, self.keys.api_secret)

    def render(self, session: str, url: str, **options: Any) -> Any:
        body = {"sessionId": session, "token": self.token(session), "url": url, "maxDuration": 60, **options}
        return self.project("POST", "/render", json=body)

    def archive(self, session: str, **options: Any) -> dict[str, Any]:
        answer = self.project("POST", "/archive", json={"sessionId": session, "resolution": "1280x720", **options})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def film(self, archive_id: str, folder: Path) -> Path:
        """An archive's film, once it is available."""

        def available() -> Any:
            archive = self.project("GET", f"/archive/{archive_id}").json()
            assert archive["status"] != "failed", archive
            return archive["status"] == "available" and archive

        return self.server.download(wait_until(available, "the archive is available", 90), folder)

    def state(self, render_id: str) -> dict[str, Any]:
        return dict(self.project("GET", f"/render/{render_id}").json())

    def settled(self, render_id: str) -> dict[str, Any]:
        """The render once it has started, or failed."""
        return dict(
            wait_until(
                lambda: (found := self.state(render_id))["status"] != "starting" and found, "the render settles", 70
            )
        )
