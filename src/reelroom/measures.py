"""How long people wait: for a recording to begin, and for its film. Counted for whoever watches the server."""

from prometheus_client import CollectorRegistry, Histogram

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
