"""One room for all spellings of its name; of rooms that are there already, the oldest has those that nobody has."""

import sqlalchemy as sa
from alembic import op

from reelroom.opentok.room_names import folded

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("folded", sa.String(512), nullable=True))
    rooms = sa.table("rooms", sa.column("name", sa.String), sa.column("folded", sa.String), sa.column("created_at"))
    connection = op.get_bind()
    names = connection.scalars(sa.select(rooms.c.name).order_by(rooms.c.created_at.desc(), rooms.c.name.desc())).all()
    oldest = {folded(name): name for name in names}
    if oldest:
        change = sa.update(rooms).where(rooms.c.name == sa.bindparam("called")).values(folded=sa.bindparam("as"))
        connection.execute(change, [{"called": name, "as": key} for key, name in oldest.items()])
    op.create_index("ix_rooms_folded", "rooms", ["folded"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_rooms_folded", "rooms")
    op.drop_column("rooms", "folded")
