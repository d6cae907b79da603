"""The row of an archive that is cut from another's take."""

from uuid import uuid4

from reelroom.archives.answer import plan_of
from reelroom.cutting.kept import Kept
from reelroom.cutting.recut import RecutOrder
from reelroom.store.values import Archive


def cut_again(source: Archive, wish: RecutOrder, film: Kept, now: int, through: str | None) -> Archive:
    """A new archive that shows `film` of the take of `source`, ordered at `now` (ms). Raises BadRequest, PlanError.

    `through`: the film's link that let it be.
    """
    return Archive(
        id=str(uuid4()),
        session_id=source.session_id,
        take_id=source.take_id,
        name=source.name if wish.name is None else wish.name,
        status="stopped",
        resolution=wish.resolution or source.resolution,
        has_audio=source.has_audio,
        has_video=source.has_video,
        plan=wish.plan(plan_of(source), film).to_json(),
        recut_of=source.id,
        cut_through=through,
        start_us=film.start,
        end_us=film.end,
        created_at=now,
        updated_at=now,
    )
