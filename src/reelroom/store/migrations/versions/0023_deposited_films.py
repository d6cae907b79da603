"""What of films lies in the depot."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("archives", sa.Column("deposited", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("archives", "deposited")
