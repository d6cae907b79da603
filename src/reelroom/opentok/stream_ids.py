"""The ids of streams as applications see them: UUIDs, concluded from the ids that the engine gives to tracks.

OpenTok's ids of streams are UUIDs: applications keep them in columns of that type, and some SDKs refuse all else.
Inside, a stream goes by the engine's id of its picture's track, or of its sound's where it has no picture; so do
takes and plans. At the edge it becomes the UUID of version 5 (RFC 9562: by SHA-1) of that name. Nothing has to be
kept for that: pages (web/opentok-compat/streamId.ts) and old recordings come to the same UUIDs.
"""

from uuid import UUID, uuid5

STREAMS = UUID("6f1d3c1e-5a0b-4b8e-9c43-2f6a1e0d7b52")  # the namespace; streams.ts has the same


def stream_id(track: str) -> str:
    """The id of the stream that goes by this track (`TR_…`); "" for "" (no stream)."""
    return str(uuid5(STREAMS, track)) if track else ""
