"""Telephones come into sessions by a number and a PIN."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telephone_numbers",
        sa.Column("session_id", sa.String(255), sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("number", sa.String(16), nullable=False, unique=True),
        sa.Column("pin", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("telephone_numbers")
