"""Which part of a list is asked for, as SDKs spell it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

Offset = Annotated[int, Query(ge=0, le=2**53)]
Count = Annotated[int, Query(ge=0, le=1000)]


@dataclass(frozen=True)
class Listing:
    """`count` of them from the `offset`-th on, newest first; of one session, or of all."""

    offset: int
    count: int
    session_id: str | None


def listing(
    offset: Offset = 0,
    count: Count = 50,
    session_id: Annotated[str | None, Query(alias="sessionId")] = None,
    session_id_too: Annotated[str | None, Query(alias="session_id", include_in_schema=False)] = None,
) -> Listing:
    """`vonage` spells the session as no other SDK does."""
    return Listing(offset, count, session_id or session_id_too)


ListingDependency = Annotated[Listing, Depends(listing)]
