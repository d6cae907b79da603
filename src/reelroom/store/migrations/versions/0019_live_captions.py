"""Sessions may have live captions."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "captionings",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("session_id", sa.String(255), sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(1024), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("max_duration", sa.Integer(), nullable=False),
        sa.Column("callback_url", sa.String(2048), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_captionings_status", "captionings", ["status"])
    runs = sa.text("status = 'started'")
    op.create_index(
        "uq_captionings_running", "captionings", ["session_id"], unique=True, sqlite_where=runs, postgresql_where=runs
    )


def downgrade() -> None:
    op.drop_table("captionings")
