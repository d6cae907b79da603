"""Bodies that several OpenTok calls share."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from reelroom.opentok.streams import Stream
from reelroom.projects.projects import Project


class Body(BaseModel):
    """A JSON body with names in camelCase; unknown fields are ignored, as SDKs send some."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


def project_answer(project: Project) -> dict[str, Any]:
    """What mute calls answer with."""
    return {
        "applicationId" if project.is_application else "projectId": project.key,
        "status": "ACTIVE" if project.enabled else "DISABLED",
        "name": project.name,
        "environment": "standard",
        "createdAt": project.created_at,
    }


def stream_answer(stream: Stream) -> dict[str, Any]:
    """A stream; `videoType` is absent where there is no picture."""
    answer: dict[str, Any] = {"id": stream.id, "name": stream.name, "layoutClassList": list(stream.classes)}
    if stream.video_type:
        answer["videoType"] = stream.video_type
    return answer


def list_answer(items: list[dict[str, Any]], count: int | None = None) -> dict[str, Any]:
    """Some of `count` things."""
    return {"count": len(items) if count is None else count, "items": items}
