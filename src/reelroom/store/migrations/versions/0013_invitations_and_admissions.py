"""Invitations can be taken back, and it is known by which right everybody came in; secrets change with an overlap."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("room_name", sa.String(128), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("owner", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("films_until", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_invitations_room_name", "invitations", ["room_name"])
    op.create_table(
        "admissions",
        sa.Column("identity", sa.String(36), primary_key=True),
        sa.Column("session_id", sa.String(255), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("signed_with", sa.String(16), nullable=False),
        sa.Column("invitation", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
    )
    for column in ("project", "invitation", "created_at"):
        op.create_index(f"ix_admissions_{column}", "admissions", [column])
    op.add_column("projects", sa.Column("old_secret", sa.String(128), nullable=False, server_default=""))
    op.add_column("projects", sa.Column("old_secret_until", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("projects", "old_secret_until")
    op.drop_column("projects", "old_secret")
    op.drop_table("admissions")
    op.drop_table("invitations")
