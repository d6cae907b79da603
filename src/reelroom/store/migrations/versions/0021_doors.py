"""Who comes into a room: its door, whoever knocks there, and who was made a moderator."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("door", sa.String(8), nullable=False, server_default="open"))
    op.add_column("admissions", sa.Column("role", sa.String(16), nullable=False, server_default=""))
    op.create_table(
        "knocks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("session_id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_knocks_session_id", "knocks", ["session_id"])
    op.create_index("ix_knocks_seen_at", "knocks", ["seen_at"])


def downgrade() -> None:
    op.drop_table("knocks")
    op.drop_column("admissions", "role")
    op.drop_column("rooms", "door")
