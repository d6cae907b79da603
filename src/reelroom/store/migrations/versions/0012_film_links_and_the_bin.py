"""Films have links of their own, and lie in a bin for a while when they were deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was deleted before is gone: nothing leads back to the state it had.
    op.add_column("archives", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    op.add_column("archives", sa.Column("deleted_from", sa.String(16), nullable=True))
    op.add_column("archives", sa.Column("cut_through", sa.String(36), nullable=True))
    op.create_index("ix_archives_cut_through", "archives", ["cut_through"])
    op.create_table(
        "film_links",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("archive_id", sa.String(36), sa.ForeignKey("archives.id"), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("grants", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index("ix_film_links_archive_id", "film_links", ["archive_id"])


def downgrade() -> None:
    op.drop_table("film_links")
    op.drop_index("ix_archives_cut_through", "archives")
    for column in ("cut_through", "deleted_from", "deleted_at"):
        op.drop_column("archives", column)
