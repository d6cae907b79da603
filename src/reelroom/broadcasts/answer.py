"""Broadcasts as OpenTok's SDKs read them, and as their projects are told of them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from reelroom.broadcasts.running import plan_of
from reelroom.config import Settings
from reelroom.cutting.choosing import chosen_of, layout_of, shown
from reelroom.cutting.plan import PlanError
from reelroom.keys import Keys
from reelroom.opentok.signing import broadcast_signature
from reelroom.projects.callbacks import Callbacks
from reelroom.projects.projects import Project, Projects
from reelroom.store.store import Rowsets
from reelroom.store.values import Broadcast

PLAYLIST = "index.m3u8"


@dataclass(frozen=True)
class Outputs:
    """How the outputs of a broadcast that runs stand: `hls`, and the RTMP addresses in their order."""

    hls: str
    rtmp: Sequence[str]


def connecting(broadcast: Broadcast) -> Outputs:
    """How they stand at the begin."""
    return Outputs("connecting", ["connecting"] * len(broadcast.rtmp))


def hls_link(settings: Settings, keys: Keys, broadcast_id: str) -> str:
    """The address of a broadcast's playlist; its segments are beside it."""
    signature = broadcast_signature(keys.link_secret, broadcast_id)
    return f"{settings.base_url}/broadcasts/{broadcast_id}/{signature}/{PLAYLIST}"


def broadcast_answer(broadcast: Broadcast, project: Project, outputs: Outputs | None, hls_url: str) -> dict[str, Any]:
    """A broadcast; times in ms. `broadcastUrls` is null once it has ended."""
    answer: dict[str, Any] = {
        "id": broadcast.id,
        "sessionId": broadcast.session_id,
        **project.ids(numeric=True),
        "createdAt": broadcast.created_at,
        "updatedAt": broadcast.updated_at,
        "resolution": broadcast.resolution,
        "status": broadcast.status,
        "reason": broadcast.reason,
        "hasAudio": broadcast.has_audio,
        "hasVideo": broadcast.has_video,
        "maxDuration": broadcast.max_duration,
        "streamMode": broadcast.stream_mode,
        "settings": {"hls": broadcast.hls} if broadcast.hls is not None else {},
        "event": "broadcast",
        "broadcastUrls": _urls(broadcast, outputs, hls_url) if outputs is not None else None,
    }
    if broadcast.max_bitrate is not None:
        answer["maxBitrate"] = broadcast.max_bitrate
    if broadcast.tag:
        answer["multiBroadcastTag"] = broadcast.tag
    try:
        plan = plan_of(broadcast)
    except PlanError:
        return answer  # its status and reason say so
    answer["layout"] = layout_of(plan)
    if broadcast.stream_mode == "manual" and broadcast.status == "started":
        answer["streams"] = shown(chosen_of(plan))
    return answer


def _urls(broadcast: Broadcast, outputs: Outputs, hls_url: str) -> dict[str, Any]:
    urls: dict[str, Any] = {}
    if broadcast.hls is not None:
        urls |= {"hls": hls_url, "hlsStatus": outputs.hls}
    if broadcast.rtmp:
        urls["rtmp"] = [{**each, "status": status} for each, status in zip(broadcast.rtmp, outputs.rtmp, strict=True)]
    return urls


class BroadcastCallbacks:
    """Tells a broadcast's project that it began, and that it is over."""

    def __init__(self, settings: Settings, keys: Keys, projects: Projects, callbacks: Callbacks) -> None:
        self._settings = settings
        self._keys = keys
        self._projects = projects
        self._callbacks = callbacks

    def telling(self) -> AbstractAsyncContextManager[Rowsets]:
        """A transaction in which one begins or ends; its project is told, once it is committed."""
        return self._callbacks.telling()

    async def write(self, tx: Rowsets, broadcast: Broadcast, outputs: Outputs | None) -> None:
        """Write down what is to be told of a broadcast as it is in `tx`."""
        record = await self._callbacks.recipient(tx, broadcast.session_id)
        if record is None:
            return
        project, link = self._projects.known(record), hls_link(self._settings, self._keys, broadcast.id)
        payload = broadcast_answer(broadcast, project, outputs, link)
        await self._callbacks.tell(tx, record.key, "broadcast", "status", payload, about=broadcast.id)
