"""A lease has what its holder says of the thing, for other servers that are asked."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("leases", sa.Column("said", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("leases", "said")
