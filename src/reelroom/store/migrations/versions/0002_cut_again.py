"""Archives that are cut again or hold single tracks; takes that are removed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("takes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("removed_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.add_column(sa.Column("output_mode", sa.String(length=16), nullable=False, server_default="composed"))
        batch_op.add_column(sa.Column("recut_of", sa.String(length=36), nullable=True))
        batch_op.create_index(batch_op.f("ix_archives_take_id"), ["take_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archives_take_id"))
        batch_op.drop_column("recut_of")
        batch_op.drop_column("output_mode")
    with op.batch_alter_table("takes", schema=None) as batch_op:
        batch_op.drop_column("removed_at")
