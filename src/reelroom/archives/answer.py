"""An archive as OpenTok's SDKs and callbacks show it."""

import time
from dataclasses import dataclass
from typing import Any

from reelroom.config import Settings
from reelroom.cutting.choosing import chosen_of, layout_of, shown
from reelroom.cutting.plan import LayoutChoice, Plan, PlanError, Splice, read_plan
from reelroom.files.films import SUMMARY, WORDS, product
from reelroom.keys import Keys
from reelroom.opentok.signing import link_signature
from reelroom.projects.projects import Project
from reelroom.store.states import RECORDING
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, Render


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


@dataclass(frozen=True)
class Told:
    """What is told of an archive beside its own row: the link to its film, and its transcript with the link to it."""

    url: str | None
    transcript: KeptTranscript | None = None
    transcript_url: str | None = None
    summary_url: str | None = None


def links_of(archive: Archive, transcript: KeptTranscript | None, settings: Settings, keys: Keys) -> Told:
    """What of it is there now, by links that work for a while."""
    url = film_link(archive, settings, keys)
    if transcript is None or transcript.status != "available":
        return Told(url, transcript)
    expires = int(time.time()) + settings.link_seconds

    def link(suffix: str) -> str:
        return signed_link(settings, keys, f"{archive.id}{suffix}", expires)

    summary = link(SUMMARY) if transcript.summary_status == "available" else None
    return Told(url, transcript, link(WORDS[0]), summary)


def archive_answer(archive: Archive, project: Project, told: Told) -> dict[str, Any]:
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
        "duration": archive.seconds,
        "outputMode": archive.output_mode,
        "streamMode": archive.stream_mode,
        "hasAudio": archive.has_audio,
        "hasVideo": archive.has_video,
        "hasTranscription": told.transcript is not None,
        "sha256sum": archive.sha256sum,
        "password": "",
        "certificate": "",
        "event": "archive",
        "url": told.url,
    }
    if told.transcript is not None:
        answer["transcription"] = {
            "status": told.transcript.status,
            "reason": told.transcript.reason,
            "url": told.transcript_url,
            "primaryLanguageCode": told.transcript.asked or told.transcript.language or None,
            "hasSummary": told.transcript.has_summary,
        }
        if told.transcript.has_summary:  # our own: the cloud's is within the transcript
            answer["transcription"]["summary"] = {
                "status": told.transcript.summary_status,
                "reason": told.transcript.summary_reason,
                "url": told.summary_url,
                "outdated": told.transcript.summary_is_outdated,
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


def first_plan(render: Render, loudness: float, splice: Splice = "never") -> Plan:
    """How the film of a render is cut when it begins; `loudness` in LUFS."""
    plan = read_plan("", render.resolution).model_copy(update={"loudness": loudness, "splice": splice})
    return plan.with_layout(0, LayoutChoice.model_validate({"type": render.layout})) if render.layout else plan
