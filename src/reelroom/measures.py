"""What whoever watches the server is told of waiting, and of what is not recorded."""

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
RECORDING_STARTED = Histogram(
    "reelroom_recording_start_seconds",
    "From the request to the moment at which a render has started.",
    buckets=(0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 20),
    registry=REGISTRY,
)
FILM_READY = Histogram(
    "reelroom_film_ready_seconds",
    "From the end of a recording to the moment at which its film is available.",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
    registry=REGISTRY,
)
DELIVERIES = Counter(
    "reelroom_deliveries",
    "Attempts to deliver a callback, by what came of them: delivered, failed (it is tried again), given up.",
    ("result",),
    registry=REGISTRY,
)
for _result in ("delivered", "failed", "given up"):
    DELIVERIES.labels(_result)  # there from the start, so that a first one is seen to be one
TELEPHONE_CALLERS = Counter(
    "reelroom_telephone_callers",
    "Telephones that called in, by what came of it: let in, refused, wrong (each number and PIN that was), failed.",
    ("result",),
    registry=REGISTRY,
)
for _result in ("let in", "refused", "wrong", "failed"):
    TELEPHONE_CALLERS.labels(_result)
TELEPHONE_CALLS = Counter(
    "reelroom_telephone_calls",
    "Calls of telephones that have ended, by the SIP status: 0 where they were answered, or nothing was said.",
    ("code",),
    registry=REGISTRY,
)
TRACK_NOT_RECORDED = Counter(
    "reelroom_tracks_not_recorded",
    "Tracks that were published and not muted, and have no file in their take, by reason (docs/formats.md).",
    ("reason",),
    registry=REGISTRY,
)
SHIPPED_BYTES = Counter(
    "reelroom_shipped_bytes",
    "What of takes and films has gone to the depot.",
    registry=REGISTRY,
)
