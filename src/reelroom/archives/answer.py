"""An archive as OpenTok's SDKs and callbacks show it."""

import time
from typing import Any

from reelroom.config import Settings
from reelroom.cutting.choosing import chosen_of, layout_of, shown
from reelroom.cutting.plan import Plan, PlanError, read_plan
from reelroom.files.films import product
from reelroom.keys import Keys
from reelroom.opentok.signing import link_signature
from reelroom.projects.projects import Project
from reelroom.store.states import RECORDING
from reelroom.store.values import Archive


def plan_of(archive: Archive) -> Plan:
    """How an archive is cut. Raises PlanError."""
    return read_plan(archive.plan, archive.resolution, has_audio=archive.has_audio, has_video=archive.has_video)


def signed_link(settings: Settings, keys: Keys, file: str, expires: int, through: str = "") -> str:
    """A link to a file that works until `expires` (s), and as long as the film's link `through` (its id) holds."""
    signature = link_signature(keys.link_secret, file, expires, through)
    address = f"{settings.base_url}/films/{file}?expires={expires}&signature={signature}"
    return f"{address}&link={through}" if through else address


def film_link(archive: Archive, settings: Settings, keys: Keys) -> str | None:
    """A link to an archive's film, or to its tracks, that works for a while, once there is one."""
    if archive.status != "available":
        return None
    expires = int(time.time()) + settings.link_seconds
    return signed_link(settings, keys, f"{archive.id}{product(archive.output_mode)}", expires)


def archive_answer(archive: Archive, project: Project, url: str | None) -> dict[str, Any]:
    """An archive; times in ms, `duration` in s, `size` in bytes."""
    answer: dict[str, Any] = {
        "id": archive.id,
        "status": archive.status,
        "name": archive.name or None,
        "reason": archive.reason,
        "sessionId": archive.session_id,
        **project.ids(numeric=True),
        "createdAt": archive.created_at,
        "updatedAt": archive.updated_at,
        "size": archive.size,
        "duration": round(archive.duration_ms / 1000),
        "outputMode": archive.output_mode,
        "streamMode": archive.stream_mode,
        "hasAudio": archive.has_audio,
        "hasVideo": archive.has_video,
        "hasTranscription": False,
        "sha256sum": archive.sha256sum,
        "password": "",
        "certificate": "",
        "event": "archive",
        "url": url,
    }
    if archive.output_mode == "composed":
        answer["resolution"] = archive.resolution
    if archive.tag:
        answer["multiArchiveTag"] = archive.tag
    return answer | _planned(archive)


def _planned(archive: Archive) -> dict[str, Any]:
    try:
        plan = plan_of(archive)
    except PlanError:
        return {}  # its status and reason say so
    answer: dict[str, Any] = {}
    if archive.output_mode == "composed" and (layout := layout_of(plan)):
        answer["layout"] = layout
    if plan.max_bitrate is not None:
        answer["maxBitrate"] = plan.max_bitrate
    if plan.quantization is not None:
        answer["quantizationParameter"] = plan.quantization
    if archive.stream_mode == "manual" and archive.status in RECORDING:
        answer["streams"] = shown(chosen_of(plan))
    return answer
