"""A small OpenAI-compatible server, whose model says what a test has it say."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[dict[str, Any]], tuple[int, str]]


class Oracle:
    """What it was `asked`, with which keys, and what it answers: a status, and what its model says."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.reply: Reply = lambda _asked: (200, summed_up())
        self.models = ["small:latest", "large"]
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator["Oracle"]:
        oracle = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                oracle.asked.append({"path": self.path, **body})
                oracle.keys.append(self.headers["Authorization"])
                status, text = oracle.reply(body)
                if status == 200:
                    message = {"role": "assistant", "content": text}
                    answer = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
                else:
                    answer = json.dumps({"error": {"message": text}})
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", text)
                self.send_header("Content-Length", str(len(answer.encode())))
                self.end_headers()
                self.wfile.write(answer.encode())

            def do_GET(self) -> None:
                answer = json.dumps({"object": "list", "data": [{"id": each} for each in oracle.models]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def lines_of(asked: dict[str, Any]) -> list[tuple[int, str]]:
    """The lines that a model was shown, with their numbers."""
    text: str = asked["messages"][1]["content"]
    return [(int(number), line) for number, line in re.findall(r"^\[(\d+)\] (.*)$", text, re.MULTILINE)]


def summed_up(line: int = 1, *, whole: bool = True, **more: Any) -> str:
    """A proper answer that rests on one line."""
    note = {"text": "They greet each other.", "line": line}
    found: dict[str, Any] = {"title": "Good morning", "summary": [note]}
    if whole:
        found |= {"decisions": [], "tasks": [{"text": "Write to the office.", "who": "Ann", "line": line}]}
    return json.dumps(found | more)
