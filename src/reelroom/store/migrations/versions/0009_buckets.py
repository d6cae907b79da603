"""Archives are uploaded to buckets of projects' own; `uploaded` says that they are there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buckets",
        sa.Column("project", sa.String(64), sa.ForeignKey("projects.key"), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "uploads",
        sa.Column("archive_id", sa.String(36), sa.ForeignKey("archives.id"), primary_key=True),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("node", sa.String(255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.String(255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_uploads_next_at", "uploads", ["next_at"])
    # It meant that the film was there and had its checksum: that is done again.
    op.execute("update archives set status = 'stopped' where status = 'uploaded'")


def downgrade() -> None:
    op.drop_table("uploads")
    op.drop_table("buckets")
