"""Transcripts are summed up: how that stands, and when it is tried."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transcripts", sa.Column("summary_status", sa.String(16), nullable=False, server_default=""))
    op.add_column("transcripts", sa.Column("summary_reason", sa.String(1024), nullable=False, server_default=""))
    op.add_column("transcripts", sa.Column("summary_attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("transcripts", sa.Column("summary_at", sa.BigInteger()))
    op.create_index("ix_transcripts_summary_at", "transcripts", ["summary_at"])


def downgrade() -> None:
    op.drop_index("ix_transcripts_summary_at", "transcripts")
    for name in ("summary_at", "summary_attempts", "summary_reason", "summary_status"):
        op.drop_column("transcripts", name)
