"""A captioning as applications are told of it, in answers and callbacks."""

from typing import Any

from reelroom.projects.projects import Project
from reelroom.store.captionings import Captioning
from reelroom.store.database import now_ms

PROVIDER = "faster-whisper"


def captions_answer(captioning: Captioning, project: Project) -> dict[str, Any]:
    """With the fields that `@vonage/video` reads; `duration` in s."""
    until = now_ms() if captioning.status == "started" else captioning.updated_at
    answer: dict[str, Any] = {
        "captionId": captioning.id,
        **project.ids(numeric=False),
        "sessionId": captioning.session_id,
        "status": captioning.status,
        "createdAt": captioning.created_at,
        "updatedAt": captioning.updated_at,
        "duration": (until - captioning.created_at) // 1000,
        "languageCode": captioning.language,
        "provider": PROVIDER,
    }
    if captioning.reason:
        answer["reason"] = captioning.reason
    return answer
