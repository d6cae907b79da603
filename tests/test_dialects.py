"""The answers that single SDKs insist on."""

import pytest

from reelroom.api.opentok.dialects import status_of_changed_streams, status_of_stopped_render, type_of_stream


@pytest.mark.parametrize(
    ("user_agent", "stopped", "changed"),
    [
        ("OpenTok-Python-SDK/3.15.0 python/3.11.7", 200, 204),
        ("OpenTok-Ruby-SDK/4.13.0-Ruby-Version-3.3.0-p0", 204, 204),
        ("Opentok-Java-SDK/4.9.0 JRE/17.0.1", 200, 200),
        ("Opentok-Java-SDK/4.13.1 JRE/17.0.1", 200, 200),
        ("Opentok-Java-SDK/4.13.2 JRE/17.0.1", 200, 204),
        ("Opentok-Java-SDK/4.17.0 JRE/21", 200, 204),
        ("Opentok-Java-SDK/next", 200, 204),
        ("", 200, 204),
    ],
)
def test_each_sdk_gets_the_status_that_it_takes(user_agent: str, stopped: int, changed: int) -> None:
    assert status_of_stopped_render(user_agent) == stopped
    assert status_of_changed_streams(user_agent) == changed


def test_nodes_sdk_parses_a_stream_itself() -> None:
    assert type_of_stream("OpenTok-Node-SDK/2.23.2") == "text/plain"
    assert type_of_stream("OpenTok-Python-SDK/3.15.0 python/3.11.7") == "application/json"
