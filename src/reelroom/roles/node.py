"""What one server calls itself, among all that share a database."""

import socket

from reelroom.config import Settings


def node_name(settings: Settings) -> str:
    """The same at each start: the machine, and the data directory, in which one server works at a time."""
    return f"{socket.gethostname()}:{settings.data_dir.resolve()}"[-255:]
