"""How the server is doing, for whoever hosts it: rooms, recordings, films being made, disk, callbacks."""

import hmac
import os
import shutil
from pathlib import Path
from typing import Annotated

from fastapi import Header, Request
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from reelroom.api.routers import router_of
from reelroom.api.wiring import ServerDependency
from reelroom.archives.film_now import FilmNow
from reelroom.clock import now_ms
from reelroom.config import Settings
from reelroom.errors import Forbidden
from reelroom.roles.everything import Server

router = router_of(refusals=(403,))

_LOOPBACK = {"127.0.0.1", "::1"}
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class RoomNow(_Body):
    """A room that somebody is in; `since` in ms since the epoch."""

    name: str
    people: int
    since: int


class RenderNow(_Body):
    """A recording that runs; `cpu_seconds` is what its tap and its live stream have used so far.

    `lost_packets` is what its take misses so far.
    """

    id: str
    room_name: str
    status: str
    since: int
    cpu_seconds: float
    lost_packets: int


class ArchiveNow(_Body):
    """A film being made; `behind_seconds` is how far its composer is behind the room."""

    id: str
    name: str
    status: str
    since: int
    behind_seconds: float
    cpu_seconds: float


class DiskNow(_Body):
    """Bytes of the file system that the data directory lies on."""

    free: int
    total: int


class AdminState(_Body):
    """Everything at `now` (ms since the epoch)."""

    now: int
    rooms: list[RoomNow]
    renders: list[RenderNow]
    archives: list[ArchiveNow]
    disk: DiskNow
    callbacks_waiting: int


def check_admin(settings: Settings, request: Request, authorization: str | None) -> None:
    """With a token set, it opens from anywhere; without, only this very machine is asked nothing."""
    if settings.admin_token:
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), settings.admin_token.encode()):
            raise Forbidden("The admin token is missing or wrong")
        return
    client = request.client.host if request.client else ""
    behind_proxy = bool(settings.public_url) or any(name in request.headers for name in _FORWARDED)
    foreign = request.url.hostname not in {*_LOOPBACK, "localhost"}  # a page elsewhere whose name leads here
    if client not in _LOOPBACK or behind_proxy or foreign:
        raise Forbidden("From elsewhere this needs an admin token: set REELROOM_ADMIN_TOKEN")


def cpu_seconds(*pids: int | None, proc: Path = Path("/proc")) -> float:
    """The CPU time that processes have used, as Linux counts it (proc(5)); 0 for one that is gone."""
    ticks = 0
    for pid in pids:
        if pid is None:
            continue
        try:
            # After the name, which may hold anything but ends at the last bracket: state is field 3, utime 14.
            fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@router.get("/admin/state")
async def admin_state(
    request: Request,
    server: ServerDependency,
    authorization: Annotated[str | None, Header()] = None,
) -> AdminState:
    """How the server is doing; with `REELROOM_ADMIN_TOKEN` set, for whoever has it, else for this machine only."""
    check_admin(server.settings, request, authorization)
    disk = shutil.disk_usage(server.settings.data_dir)
    return AdminState(
        now=now_ms(),
        rooms=await _rooms(server),
        renders=await _renders(server),
        archives=await _archives(server),
        disk=DiskNow(free=disk.free, total=disk.total),
        callbacks_waiting=await server.store.outbox.waiting(),
    )


async def _rooms(server: Server) -> list[RoomNow]:
    busy = [room for room in await server.engine.open_rooms() if room.people]
    names = await server.store.rooms.names([room.name for room in busy])
    return [
        RoomNow(name=names[room.name], people=room.people, since=room.since_ms) for room in busy if room.name in names
    ]


async def _renders(server: Server) -> list[RenderNow]:
    return [
        RenderNow(
            id=render.id,
            room_name=render.room_name or render.url,
            status=render.status,
            since=render.created_at,
            cpu_seconds=cpu_seconds(server.taps.pid(render.take_id or ""), server.renders.live_pid(render.id)),
            lost_packets=server.taps.lost(render.take_id or ""),
        )
        for render in await server.store.renders.running()
    ]


async def _archives(server: Server) -> list[ArchiveNow]:
    archives = await server.store.archives.in_states("started", "paused", "stopped")
    made, not_made = await server.archives.now(archives), FilmNow()
    return [
        ArchiveNow(
            id=archive.id,
            name=archive.name,
            status=archive.status,
            since=archive.created_at,
            behind_seconds=made.get(archive.id, not_made).behind_us / 1e6,
            cpu_seconds=cpu_seconds(server.archives.pid(archive.id)),
        )
        for archive in archives
    ]
