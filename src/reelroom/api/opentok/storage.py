"""Where a project has its archives uploaded: the calls, and the shapes of S3's and Azure's buckets."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import Response
from pydantic import Field, StrictStr, model_validator

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.egress import NotReachable, addresses
from reelroom.errors import BadRequest
from reelroom.files.buckets import endpoint_of
from reelroom.store.database import now_ms
from reelroom.store.values import Bucket

router = project_router("/archive/storage", tag="OpenTok: archives")

_Word = Annotated[StrictStr, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x20\x7f]+$")]
_Name = Annotated[StrictStr, Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class S3Config(Body):
    """A bucket of S3's, or of a server like it where there is an `endpoint`; `region` is an addition of ours."""

    access_key: _Word
    secret_key: _Word
    bucket: _Name
    endpoint: _Word | None = None
    region: _Name | None = None
    sse: Literal["s3", "none"] | None = None


class AzureConfig(Body):
    """A container of Azure's; `domain` is that of the storage, or a whole address of a server like it."""

    account_name: _Name
    account_key: _Word
    container: _Name
    domain: _Word | None = None


class ArchiveStorage(Body):
    """Where to, and whether archives can be watched here when they cannot get there."""

    type: StrictStr
    config: S3Config | AzureConfig
    fallback: Literal["opentok", "vonage", "none"] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "ArchiveStorage":
        shapes: dict[str, type[Body]] = {"s3": S3Config, "azure": AzureConfig}
        wanted = shapes.get(self.type.lower())
        if wanted is None:
            raise ValueError("type: s3 or Azure")
        if not isinstance(self.config, wanted):
            raise ValueError(f"config: that of {self.type}, {', '.join(_needed(wanted))}")
        return self

    def bucket(self, project: str) -> Bucket:
        """As it is kept."""
        config = {name: value for name, value in self.config.model_dump(by_alias=True).items() if value is not None}
        kind, fallback = self.type.lower(), self.fallback != "none"
        return Bucket(project=project, kind=kind, config=config, fallback=fallback, created_at=now_ms())


def _needed(shape: type[Body]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items() if field.is_required()]


@router.put("", status_code=200)
async def set_storage(body: ArchiveStorage, server: ServerDependency, project: ProjectDependency) -> Response:
    """Have the project's archives uploaded to a bucket of its own from now on; credentials are not given back."""
    bucket = body.bucket(project.key)
    await _check(endpoint_of(bucket.kind, bucket.config), private=server.settings.private_destinations)
    await server.uploading.set_bucket(bucket)
    return Response(b"{}", media_type="application/json")


@router.delete("", status_code=204)
async def remove_storage(server: ServerDependency, project: ProjectDependency) -> Response:
    """Keep the project's archives here from now on; harmless when they are."""
    await server.uploading.remove_bucket(project.key)
    return Response(status_code=204)


async def _check(endpoint: str, *, private: bool) -> None:
    """Raises BadRequest."""
    try:
        parts = urlsplit(endpoint)
        known = parts.scheme in {"http", "https"} and parts.hostname and not (parts.username or parts.query)
        port = parts.port or 443
    except ValueError:
        known, port = False, 0
    if not known:
        raise BadRequest("endpoint: an http or https address")
    try:
        await addresses(parts.hostname or "", port, private=private)
    except NotReachable as error:
        raise BadRequest(f"endpoint: {error}") from None
