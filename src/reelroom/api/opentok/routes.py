"""All OpenTok routers, in the order in which requests are compared with their routes."""

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

ROUTERS = tuple(
    each.router
    for each in (
        *(creation, unavailable, sessions, storage, archives, broadcasts, renders, connectors, telephones, callbacks),
    )
)
