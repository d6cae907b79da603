"""A Node SDK in a process of its own, whose methods are called from here."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.sdk.proofs import Proofs

HERE = Path(__file__).parent / "node"


class Refused(Exception):
    """What the SDK gave as an error."""


class NodeClient:
    """`package` is `opentok` or `vonage`; each attribute is a method of its client."""

    def __init__(self, package: str, sdk: str, proofs: Proofs, *credentials: str, **environment: str) -> None:
        assert (HERE / "node_modules").is_dir(), "the Node SDKs are missing: `make tools` brings them"
        self._sdk, self._proofs = sdk, proofs
        self._process = subprocess.Popen(
            ["node", "call.js", package, *credentials],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        proofs.methods.setdefault(sdk, set()).update(self._ask("methods", ())["value"])

    def _ask(self, method: str, args: Any, of: int | None = None) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"method": method, "args": args} | ({} if of is None else {"of": of})
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "uncaught" not in answer, answer
        return dict(answer)

    def whole(self, method: str, *args: Any, of: dict[str, Any] | None = None) -> dict[str, Any]:
        """All that is answered; `of` is an earlier answer, whose own method is called."""
        name = method if of is None else next(each for each in of["has"] if each.endswith(f".{method}"))
        with self._proofs.noting(self._sdk, name):
            answer = self._ask(method, args, None if of is None else of["kept"][0])
            if "error" in answer:
                raise Refused(f"{answer['error']['name']}: {answer['error']['message']}")
        self._proofs.methods[self._sdk].update(answer["has"])
        return answer

    def __getattr__(self, method: str) -> Any:
        return lambda *args: self.whole(method, *args)["value"]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
