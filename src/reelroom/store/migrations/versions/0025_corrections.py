"""Transcripts are corrected: what was said instead, and which files are to follow."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transcripts", sa.Column("write_at", sa.BigInteger()))
    op.create_index("ix_transcripts_write_at", "transcripts", ["write_at"])
    op.create_table(
        "corrections",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("take_id", sa.String(36), sa.ForeignKey("takes.id"), nullable=False),
        sa.Column("participant", sa.String(255), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_corrections_take_id", "corrections", ["take_id"])


def downgrade() -> None:
    op.drop_table("corrections")
    op.drop_index("ix_transcripts_write_at", "transcripts")
    op.drop_column("transcripts", "write_at")
