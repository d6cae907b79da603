"""Takes are in the depot since a moment."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("takes", sa.Column("shipped_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("takes", "shipped_at")
