"""All OpenTok routers, in the order in which requests are compared with their routes."""

from reelroom.api.opentok import (
    archives,
    broadcasts,
    callbacks,
    captions,
    connectors,
    creation,
    renders,
    sessions,
    storage,
    telephones,
)

ROUTERS = tuple(
    each.router
    for each in (
        *(creation, sessions, storage, archives, broadcasts, renders, captions, connectors, telephones, callbacks),
    )
)
