"""What a node may take up: by its roles, and while it drains nothing more."""

from typing import Literal

from reelroom.config import Role

Kind = Literal[
    "node", "take", "archive", "pieces", "piece", "render", "broadcast", "call", "transcript", "summary", "captions"
]
# Whoever records runs what is beside the tap, too; films and transcripts are made of what lies on the disk.
ROLE_OF: dict[Kind, Role] = {
    "take": "record",
    "render": "record",
    "broadcast": "record",
    "call": "record",
    "captions": "record",
    "archive": "compose",
    "pieces": "compose",
    "piece": "compose",
    "transcript": "compose",
    "summary": "compose",
}

# What does not happen where nobody has one of them.
WITHOUT: dict[Role, str] = {
    "api": "nobody is answered",
    "record": "nothing is recorded",
    "compose": "no films are made",
    "keep": "callbacks are not delivered, and rooms that nobody entered stay",
}
