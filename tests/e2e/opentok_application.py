"""A small application for OpenTok, as its authors would host it: a bundled page, sessions, archives on a click."""

import json
import mimetypes
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from opentok import Client, MediaModes, Roles

SOURCE = Path(__file__).parent / "opentok_app"
WEB = Path(__file__).parents[2] / "web"
WEBPACK = Path(__file__).parents[1] / "sdk" / "node" / "node_modules" / "webpack"
PACKAGE = WEB / "dist" / "opentok-compat" / "opentok-client.tgz"


def run(*command: str | Path, folder: Path) -> None:
    """Fails with what the command says when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def install(folder: Path, package: str | Path = PACKAGE, name: str = "@opentok/client") -> None:
    """The application's source in `folder`, with the package under the name that it imports."""
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    main = folder / "main.ts"
    main.write_text(main.read_text().replace('"@opentok/client"', f'"{name}"'))
    run("npm", "install", "--no-audit", "--no-fund", f"{name}@{package}", folder=folder)


def install_by_its_own_name(folder: Path) -> None:
    """The application's source as it is, which imports another name than the package has."""
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    run("npm", "install", "--no-audit", "--no-fund", PACKAGE, folder=folder)


def check_types(folder: Path, **options: object) -> None:
    """TypeScript accepts the application; `options` are the compiler's."""
    config = folder / "tsconfig.checked.json"
    config.write_text(json.dumps({"extends": "./tsconfig.json", "compilerOptions": options}))
    run("node", WEB / "node_modules/typescript/bin/tsc", "-p", config, folder=folder)


def bundle(folder: Path) -> Path:
    """What Vite makes of it."""
    run("node", WEB / "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", folder=folder)
    return folder / "dist"


def bundle_by_webpack(folder: Path) -> Path:
    """What webpack makes of it, once TypeScript has taken its types away, with the folder's webpack.config.cjs."""
    run("node", "webpack.cjs", WEB / "node_modules/typescript", WEBPACK, folder=folder)
    return folder / "dist"


class OpenTokApplication:
    """Serves the bundled page in `page`, in the session that `open` has made."""

    def __init__(self) -> None:
        self.page = Path()
        self.client: Client | None = None
        self.given: dict[str, str] = {}
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/session":
                    self._json(application.credentials(parse_qs(url.query)["role"][0]))
                elif url.path.startswith("/archive/"):
                    self.send_response(302)
                    self.send_header("Location", application.film(url.path.split("/")[2]) or "/")
                    self.end_headers()
                else:
                    self._file(application.page / (url.path.lstrip("/") or "index.html"))

            def do_POST(self) -> None:
                assert application.client is not None
                if self.path == "/archive":
                    archive = application.client.start_archive(application.given["sessionId"], name="of the app")
                    return self._json({"id": archive.id})
                application.client.stop_archive(self.path.split("/")[2])
                return self._json({})

            def _file(self, path: Path) -> None:
                if not path.is_file():
                    return self.send_error(404)
                return self._answer(path.read_bytes(), mimetypes.guess_type(path.name)[0] or "")

            def _json(self, value: object) -> None:
                self._answer(json.dumps(value).encode(), "application/json")

            def _answer(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def open(self, server: str, key: str, secret: str) -> None:
        """A session of the application's own, on that server."""
        self.client = Client(key, secret, api_url=server)
        session = self.client.create_session(media_mode=MediaModes.routed)
        self.given = {"apiKey": key, "sessionId": session.session_id, "server": server}

    def credentials(self, role: str) -> dict[str, str]:
        assert self.client is not None
        return {**self.given, "token": self.client.generate_token(self.given["sessionId"], Roles(role))}

    def film(self, archive_id: str) -> str:
        """Where an archive can be watched; nothing while there is no film."""
        assert self.client is not None
        return self.client.get_archive(archive_id).url or ""

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
