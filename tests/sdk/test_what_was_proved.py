"""Every method that an SDK has was seen to succeed and to be refused, and docs/opentok.md has what was seen.

`WRITE_DOCS=1 make test ARGS=tests/sdk` writes the table anew.
"""

import os
import re
from pathlib import Path

import pytest

from tests.e2e.running import RunningServer
from tests.sdk.proofs import NODE_OPENTOK, NODE_VONAGE, PYTHON_OPENTOK, SDKS, Proofs, routes_of, rows, table

DOCS = Path(__file__).parents[2] / "docs/opentok.md"
BEGIN, END = "<!-- what the tests saw: begin -->\n", "<!-- what the tests saw: end -->\n"

_HEADERS = "makes the headers that every call has"
_ANSWERS = "shows an answer that is there already"

# What is not to be seen, and why. Two are faults of Node's `opentok`.
REASONS = {
    (PYTHON_OPENTOK, "append_to_user_agent"): _HEADERS,
    (PYTHON_OPENTOK, "get_headers"): _HEADERS,
    (PYTHON_OPENTOK, "headers"): _HEADERS,
    (PYTHON_OPENTOK, "get_json_headers"): _HEADERS,
    (PYTHON_OPENTOK, "json_headers"): _HEADERS,
    (PYTHON_OPENTOK, "Archive.attrs"): _ANSWERS,
    (PYTHON_OPENTOK, "Archive.json"): _ANSWERS,
    (NODE_OPENTOK, "generateJwt"): _HEADERS,
    (NODE_OPENTOK, "listCallbacks"): "a refusal ends the process: it goes on with the list that it did not get",
    (NODE_OPENTOK, "Callback.unregister"): "it calls a function that is not there; unregisterCallback works",
    (NODE_VONAGE, "generateClientToken"): "signs whatever it is given",
    (NODE_VONAGE, "stripBlankValues"): "changes an object, and makes no call",
}


@pytest.fixture
def whole_run(request: pytest.FixtureRequest) -> None:
    """Only all tests of this folder together see everything."""
    ran = {each.path.name for each in request.session.items}
    asked = request.config.getoption("keyword") or any("::" in each for each in request.config.args)
    all_ = {each.name for each in Path(__file__).parent.glob("test_*.py")} - {"test_openapi.py"}  # it has no SDK
    if asked or not all_ <= ran:
        pytest.skip("the other tests of the SDKs did not run: `make test ARGS=tests/sdk` runs them all")


@pytest.mark.usefixtures("whole_run")
@pytest.mark.parametrize("sdk", SDKS)
def test_every_method_was_seen_to_succeed_and_to_be_refused(proofs: Proofs, sdk: str) -> None:
    assert len(proofs.methods[sdk]) > 30
    unproved = [each for each in proofs.unproved(sdk) if (sdk, each.partition(":")[0]) not in REASONS]
    assert not unproved
    reasons = {method for named, method in REASONS if named == sdk}
    assert not reasons - {each.partition(":")[0] for each in proofs.unproved(sdk)}, "there is no reason any more"


@pytest.mark.usefixtures("whole_run")
def test_the_documentation_has_what_was_seen(
    proofs: Proofs, sdk_server: RunningServer, request: pytest.FixtureRequest
) -> None:
    routes = routes_of(sdk_server.http.get("/openapi.json").json())
    seen = rows(proofs.notes, routes)
    assert {each.call for each in seen} == set(routes.values())
    assert all(each.answers for each in seen)
    before, rest = DOCS.read_text().split(BEGIN)
    written, after = rest.split(END)
    if os.environ.get("WRITE_DOCS") and not request.session.testsfailed:
        DOCS.write_text(before + BEGIN + table(seen) + "\n" + END + after)
        written = table(seen) + "\n"
    assert written == table(seen) + "\n", "`WRITE_DOCS=1 make test ARGS=tests/sdk` writes it anew"


def test_what_the_documentation_says_of_calls_is_about_calls_of_its_table() -> None:
    text = DOCS.read_text()
    known = set(re.findall(r"^\| `([A-Z]+ \S+)` \|", text.split(BEGIN)[1].split(END)[0], re.MULTILINE))
    said = set(re.findall(r"^\| `([A-Z]+ \S+)` \|", text.split(END)[1], re.MULTILINE))
    assert said and said <= known
