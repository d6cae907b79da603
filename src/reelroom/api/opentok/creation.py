"""`POST /session/create`: a form in, JSON or XML out."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from fastapi import Header, Request, Response
from fastapi.responses import JSONResponse

from reelroom.api.opentok.access import Caller
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.wiring import ServerDependency
from reelroom.errors import BadRequest
from reelroom.layouts.names import RESOLUTIONS
from reelroom.projects.projects import Project
from reelroom.sessions.calls import SessionWish
from reelroom.store.values import Session

router = router_of(tag="OpenTok: sessions", refusals=REFUSALS)

_FORM = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "p2p.preference": {"type": "string", "enum": ["disabled", "enabled"]},
                        "archiveMode": {"type": "string", "enum": ["manual", "always"]},
                        "archiveName": {"type": "string", "maxLength": 80},
                        "archiveResolution": {"type": "string", "enum": list(RESOLUTIONS)},
                        "location": {"type": "string"},
                        "e2ee": {"type": "string", "enum": ["true", "false"]},
                    },
                }
            }
        }
    }
}


@router.post("/session/create", openapi_extra=_FORM)
async def create_session(
    request: Request, server: ServerDependency, caller: Caller, accept: Annotated[str, Header()] = ""
) -> Response:
    """Make a session. The body is read as a form whatever its type says; SDKs label it wrongly at times."""
    session = await server.sessions.create(caller, _wish(await request.body()))
    made = datetime.fromtimestamp(session.created_at / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    if "application/json" in accept.lower():
        return JSONResponse([_json(session, caller, made)])
    return Response(_xml(session, caller, made), media_type="text/xml")


def _wish(body: bytes) -> SessionWish:
    try:
        form = {name: values[-1] for name, values in parse_qs(body.decode(), max_num_fields=64).items()}
    except ValueError:
        raise BadRequest("The body is not a form") from None
    archive_mode = _one_of(form, "archiveMode", ("manual", "always"))
    always = archive_mode == "always"
    name, resolution = form.get("archiveName", ""), form.get("archiveResolution", "")
    if (name or resolution) and not always:
        raise BadRequest("archiveName and archiveResolution need archiveMode=always")
    if len(name) > 80:
        raise BadRequest("archiveName: at most 80 characters")
    if resolution and resolution not in RESOLUTIONS:
        raise BadRequest(f"archiveResolution: one of {', '.join(RESOLUTIONS)}")
    return SessionWish(
        relayed=_one_of(form, "p2p.preference", ("disabled", "enabled")) == "enabled",
        always=always,
        archive_name=name,
        archive_resolution=resolution or "640x480",
        e2ee=_one_of(form, "e2ee", ("false", "true")) == "true",
    )


def _one_of(form: dict[str, str], name: str, values: tuple[str, ...]) -> str:
    value = form.get(name, values[0]).lower()
    if value not in values:
        raise BadRequest(f"{name}: one of {', '.join(values)}")
    return value


def _json(session: Session, project: Project, made: str) -> dict[str, object]:
    return {
        "session_id": session.id,
        "project_id": project.key,
        "partner_id": project.key,
        "create_dt": made,
        "session_status": None,
        "status_invalid": None,
        "media_server_hostname": None,
        "messaging_server_url": None,
        "messaging_url": None,
        "symphony_address": None,
        "properties": None,
        "ice_server": None,
        "ice_servers": None,
        "media_server_url": "",
        "session_segment_id": None,
        "ice_credential_expiration": 86100,
    }


def _xml(session: Session, project: Project, made: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><sessions><Session>'
        f"<session_id>{session.id}</session_id><partner_id>{escape(project.key)}</partner_id>"
        f"<create_dt>{made}</create_dt></Session></sessions>"
    )
