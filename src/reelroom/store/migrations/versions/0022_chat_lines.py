"""What was written in a room's meeting, for who comes later."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_lines",
        sa.Column("session_id", sa.String(255), primary_key=True),
        sa.Column("identity", sa.String(36), primary_key=True),
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("reply_to", sa.String(73), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_chat_lines_of_session", "chat_lines", ["session_id", "written_at"])


def downgrade() -> None:
    op.drop_table("chat_lines")
