"""What some SDKs insist on where others insist on something else: each takes one answer, and fails at any other.

Read in the SDKs' sources: the Ruby SDK takes a render's stop with 204 alone, Python, Java and PHP with 200. The Java
SDK took a change of streams with 200 alone until 4.13.1, and takes it with 204 alone since, as Python does. The Node
SDK parses a stream twice where it is called JSON, and so fails.
"""

import re

_JAVA = re.compile(r"Opentok-Java-SDK/(\d+)\.(\d+)\.(\d+)", re.IGNORECASE)
_JAVA_TAKES_204 = (4, 13, 2)


def status_of_stopped_render(user_agent: str) -> int:
    """What `DELETE …/render/{id}` answers."""
    return 204 if user_agent.startswith("OpenTok-Ruby-SDK") else 200


def status_of_changed_streams(user_agent: str) -> int:
    """What `PATCH …/streams` answers, of archives and of broadcasts."""
    java = _JAVA.match(user_agent)
    return 200 if java and tuple(map(int, java.groups())) < _JAVA_TAKES_204 else 204


def type_of_stream(user_agent: str) -> str:
    """The media type of what `GET …/stream/{id}` answers, JSON always."""
    return "text/plain" if user_agent.startswith("OpenTok-Node-SDK") else "application/json"
