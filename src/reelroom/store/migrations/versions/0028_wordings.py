"""Of which wording of its transcript a summary was made."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transcripts", sa.Column("wording", sa.String(64), nullable=False, server_default=""))
    op.add_column("transcripts", sa.Column("summary_wording", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("summary_wording", "wording"):
        op.drop_column("transcripts", name)
