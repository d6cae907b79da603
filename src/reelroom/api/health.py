"""For what watches the server: is it alive, can it record, and how much does it do."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reelroom.api.admin import check_admin
from reelroom.api.routers import router_of
from reelroom.api.wiring import ServerDependency
from reelroom.config import Role
from reelroom.errors import Refused
from reelroom.measures import REGISTRY
from reelroom.recorder.taps import TapCount
from reelroom.roles.everything import Server
from reelroom.store.database import CannotWrite

router = router_of(include_in_schema=False)


@dataclass(frozen=True)
class Snapshot:
    """What there is at one moment; bytes, seconds and numbers of things."""

    engine_up: bool
    rooms: int
    people: int
    recordings: int
    broadcasts: int
    telephones: int
    takes: Mapping[str, TapCount]
    archives: dict[str, int]
    composers: int
    films_waiting: int
    lag_seconds: float
    deliveries_waiting: int
    disk_free: int
    disk_total: int
    nodes: Mapping[Role, int]


class _Now(Collector):
    def __init__(self, now: Snapshot) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        now = self._now
        for name, text, value in (
            ("engine_up", "Whether the media engine answers.", float(now.engine_up)),
            ("rooms", "Rooms that somebody is in.", now.rooms),
            ("people", "People in rooms.", now.people),
            ("recordings", "Renders that start or run.", now.recordings),
            ("broadcasts", "Broadcasts that run.", now.broadcasts),
            ("telephones", "Telephones that are called, or are in sessions.", now.telephones),
            ("taps", "Taps that run.", len(now.takes)),
            ("composers", "Films that are being made.", now.composers),
            ("films_waiting", "Films that wait: for their turn, for the machine, for the disk.", now.films_waiting),
            ("lag_seconds", "How far the slowest composer is behind its room.", now.lag_seconds),
            (
                "deliveries_waiting",
                "Callbacks that have neither been delivered nor given up.",
                now.deliveries_waiting,
            ),
            ("disk_free_bytes", "Free where the data directory lies.", now.disk_free),
            ("disk_bytes", "Size of the file system of the data directory.", now.disk_total),
        ):
            yield GaugeMetricFamily(f"reelroom_{name}", text, value=value)
        archives = GaugeMetricFamily("reelroom_archives", "Archives that are not finished.", labels=["status"])
        for status, count in sorted(now.archives.items()):
            archives.add_metric([status], count)
        yield archives
        nodes = GaugeMetricFamily("reelroom_nodes", "Servers that live and take up work, by role.", labels=["role"])
        for role, count in now.nodes.items():
            nodes.add_metric([role], count)
        yield nodes
        for name, text, of in (
            ("gaps", "How often the tap of a take that runs had to be started again: each is a gap.", _gaps),
            ("lost_packets", "Packets that a take misses whose tap runs.", _lost),
        ):
            takes = GaugeMetricFamily(f"reelroom_{name}", text, labels=["take"])
            for take, counted in sorted(now.takes.items()):
                takes.add_metric([take], of(counted))
            yield takes


def _gaps(count: TapCount) -> int:
    return count.restarts


def _lost(count: TapCount) -> int:
    return count.lost


def in_words_of_prometheus(now: Snapshot) -> bytes:
    """The snapshot, and what was counted so far, in Prometheus' text format."""
    current = CollectorRegistry()
    current.register(_Now(now))
    return generate_latest(current) + generate_latest(REGISTRY)


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """The process runs and answers: nothing else is asked, so that nothing else has it restarted."""
    return {"status": "ok"}


@router.get("/readyz")
async def ready(server: ServerDependency) -> JSONResponse:
    """Whether a recording could begin; 503 and why where not."""
    problems = ["The server drains"] if server.node.draining else []
    if not await server.engine.answers():
        problems.append("The media engine does not answer")
    try:
        await server.store.outbox.waiting()
    except CannotWrite:
        problems.append("The database does not answer")
    try:
        await server.taps.admit(begins=False)
    except Refused as refused:
        problems.append(refused.message)
    if not problems:
        return JSONResponse({"status": "ok"})
    message = "; ".join(problems)
    return JSONResponse({"code": -1, "message": message, "description": message}, 503)


@router.get("/metrics")
async def metrics(
    request: Request, server: ServerDependency, authorization: Annotated[str | None, Header()] = None
) -> Response:
    """For Prometheus: who may see /admin may see this."""
    check_admin(server.settings, request, authorization)
    return Response(in_words_of_prometheus(await _now(server)), media_type=CONTENT_TYPE_LATEST)


async def _now(server: Server) -> Snapshot:
    up, rooms = await asyncio.gather(server.engine.answers(), server.engine.open_rooms())
    busy = [room for room in rooms if room.people]
    archives: dict[str, int] = {"started": 0, "paused": 0, "stopped": 0}
    for archive in await server.store.archives.in_states(*archives):
        archives[archive.status] += 1
    films = list(server.archives.made_here().values())
    disk = shutil.disk_usage(server.settings.data_dir)
    return Snapshot(
        engine_up=up,
        rooms=len(busy),
        people=sum(room.people for room in busy),
        recordings=len(await server.store.renders.running()),
        broadcasts=len(await server.store.broadcasts.running()),
        telephones=len(await server.store.telephone_calls.running()),
        takes=server.taps.counts(),
        archives=archives,
        composers=sum(film.composes for film in films),
        films_waiting=sum(film.obstacle != "" for film in films),
        lag_seconds=max((film.behind_us for film in films), default=0) / 1e6,
        deliveries_waiting=await server.store.outbox.waiting(),
        disk_free=disk.free,
        disk_total=disk.total,
        nodes=await server.nodes_with_role(),
    )
