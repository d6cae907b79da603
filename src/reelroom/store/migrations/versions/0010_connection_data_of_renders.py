"""What is said of a render in its session is there after a restart, too."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renders", sa.Column("connection_data", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("renders", "connection_data")
