"""Whatever is sent to a call of the API, no answer is a crash: requests made up from our own OpenAPI document."""

import time
from collections.abc import Iterator

import jwt
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reelroom.keys import load_keys
from tests.e2e.running import RunningServer

_EXAMPLES = 6  # of each call
_SECONDS = 75.0
_LEFT_OUT = {("POST", "/render")}  # each that succeeds would start a recording


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REELROOM_CALLS_PER_MINUTE", "0")
        running = RunningServer(tmp_path_factory.mktemp("made-up"))
        try:
            yield running.start()
        finally:
            running.close()


def test_no_made_up_request_crashes_a_call(server: RunningServer) -> None:
    keys = load_keys(server.data_dir)
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations()]
    operations = [each for each in operations if (each.method.upper(), each.path) not in _LEFT_OUT]
    assert len(operations) > 40
    deadline, sent, by_status = time.monotonic() + _SECONDS, 0, dict[int, int]()

    def try_out(operation: schemathesis.APIOperation) -> None:
        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            phases=[Phase.generate],
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), own=st.integers(0, 3))
        def send(case: schemathesis.Case, own: int) -> None:
            nonlocal sent
            if time.monotonic() > deadline:
                return
            headers = {}
            if own:  # mostly with the right credentials, to get past the door
                claims = {"iss": keys.api_key, "ist": "project", "exp": int(time.time()) + 60}
                headers["X-OPENTOK-AUTH"] = jwt.encode(claims, keys.api_secret)
                if "project_id" in (case.path_parameters or {}):
                    case.path_parameters["project_id"] = keys.api_key
            case.headers = {}
            answer = case.call(headers=headers, timeout=20)
            sent += 1
            by_status[answer.status_code] = by_status.get(answer.status_code, 0) + 1
            assert answer.status_code < 500 or answer.status_code == 501, (case.as_curl_command(), answer.text)
            if answer.status_code >= 400 and case.method.upper() != "HEAD":
                assert answer.headers["content-type"] == ["application/json"]
                assert answer.json()["message"]

        send()

    for operation in operations:
        try_out(operation)
    assert sent > 4 * len(operations), by_status
    assert {200, 400, 403, 404} <= set(by_status)
    assert "Traceback" not in server.log()
