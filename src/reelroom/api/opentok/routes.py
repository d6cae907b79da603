"""All OpenTok routes under their paths."""

from fastapi import APIRouter

from reelroom.api.opentok import (
    archives,
    broadcasts,
    callbacks,
    connectors,
    creation,
    renders,
    sessions,
    storage,
    telephones,
    unavailable,
)
from reelroom.api.shapes import ErrorAnswer

router = APIRouter(responses={status: {"model": ErrorAnswer} for status in (400, 403, 404)})
_project = APIRouter(prefix="/v2/project/{project_id}")
for _routes in (*(unavailable, sessions, storage, archives, broadcasts, renders, connectors, telephones, callbacks),):
    _project.include_router(_routes.router)
router.include_router(creation.router)
router.include_router(_project)
