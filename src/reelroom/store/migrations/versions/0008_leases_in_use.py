"""In whose data directory a take lies, and what rooms are told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("takes", sa.Column("node", sa.String(255), nullable=False, server_default=""))
    op.create_table(
        "announcements",
        sa.Column("room", sa.String(255), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room"),
    )


def downgrade() -> None:
    op.drop_table("announcements")
    op.drop_column("takes", "node")
