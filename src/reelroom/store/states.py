"""The lives of renders, archives and telephone calls: which state may follow which."""

RECORDING = ("started", "paused")
# An archive in one of these still needs its take.
UNFINISHED = (*RECORDING, "stopped")
# What an archive is about has been made, and is here or in a bucket.
FILM_IS_MADE = ("available", "uploaded")
# The film of one that failed may still be made, of its take.
MAY_STILL_BE_MADE = (*UNFINISHED, "failed")

# state -> the states from which it can be reached
RENDER_MOVES: dict[str, frozenset[str]] = {
    "started": frozenset({"starting", "started"}),  # again: after the server was killed, with another stream
    "stopped": frozenset({"starting", "started"}),
    "failed": frozenset({"starting", "started"}),
}

ARCHIVE_MOVES: dict[str, frozenset[str]] = {
    "paused": frozenset({"started"}),
    "started": frozenset({"paused"}),
    "stopped": frozenset({"started", "paused"}),
    "uploaded": frozenset({"stopped", "available"}),  # to the project's own bucket
    "available": frozenset({"stopped"}),
    "failed": frozenset({"started", "paused", "stopped"}),
    "deleted": frozenset({"stopped", "available", "uploaded", "failed"}),
}

CALL_MOVES: dict[str, frozenset[str]] = {
    "RINGING": frozenset({"DIALING"}),
    "ACTIVE": frozenset({"DIALING", "RINGING"}),
    "HANGUP": frozenset({"DIALING", "RINGING", "ACTIVE"}),
}
