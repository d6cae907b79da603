"""The keys of a data directory, which are never made anew under rooms that need the old ones."""

from pathlib import Path

from reelroom.keys import Keys, load_keys
from reelroom.store.schema import database_url, is_in_use


def own_keys(data_dir: Path, chosen: str = "") -> Keys:
    """The keys; new ones where nobody has used the database yet. Raises ValueError, DatabaseError. Blocking."""
    return load_keys(data_dir, may_make=lambda: not is_in_use(database_url(data_dir, chosen)))
