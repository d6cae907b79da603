"""Whether anybody ever entered a room: those that nobody did expire. Rooms of before stay."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("visited", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(
        "ix_rooms_unvisited",
        "rooms",
        ["created_at"],
        sqlite_where=sa.text("not visited"),
        postgresql_where=sa.text("not visited"),
    )


def downgrade() -> None:
    op.drop_index("ix_rooms_unvisited", "rooms")
    op.drop_column("rooms", "visited")
