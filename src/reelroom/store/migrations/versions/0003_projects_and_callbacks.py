"""Projects, what a session or an archive was asked to be, pages as renders, callbacks and their deliveries."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from reelroom.opentok.tokens import session_key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SESSION_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("project", sa.String(length=64), nullable=False, server_default=""),
    sa.Column("media_mode", sa.String(length=8), nullable=False, server_default="routed"),
    sa.Column("archive_mode", sa.String(length=8), nullable=False, server_default="manual"),
    sa.Column("archive_name", sa.String(length=80), nullable=False, server_default=""),
    sa.Column("archive_resolution", sa.String(length=16), nullable=False, server_default="640x480"),
    sa.Column("e2ee", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("muted", sa.Boolean(), nullable=False, server_default=sa.false()),
)


def upgrade() -> None:
    for column in _SESSION_COLUMNS:
        op.add_column("sessions", column)
    op.create_index("ix_sessions_project", "sessions", ["project"])
    _name_projects()
    with op.batch_alter_table("renders", naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"}) as renders:
        renders.add_column(sa.Column("name", sa.String(length=200), nullable=False, server_default=""))
        renders.add_column(sa.Column("max_duration", sa.BigInteger(), nullable=False, server_default="0"))
        renders.alter_column("room_name", existing_type=sa.String(length=128), nullable=True)
        renders.alter_column("room_session_id", existing_type=sa.String(length=255), nullable=True)
        renders.alter_column("take_id", existing_type=sa.String(length=36), nullable=True)
        renders.drop_constraint(_session_constraint(), type_="unique")
        renders.create_index("ix_renders_session_id", ["session_id"], unique=False)

    op.create_table(
        "projects",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("secret", sa.String(length=128), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "archive_requests",
        sa.Column("archive_id", sa.String(length=36), nullable=False),
        sa.Column("stream_mode", sa.String(length=8), nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.Column("has_audio", sa.Boolean(), nullable=False),
        sa.Column("has_video", sa.Boolean(), nullable=False),
        sa.Column("max_bitrate", sa.Integer(), nullable=True),
        sa.Column("quantization", sa.Integer(), nullable=True),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("streams", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["archive_id"], ["archives.id"]),
        sa.PrimaryKeyConstraint("archive_id"),
    )
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("group", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_callbacks_project", "callbacks", ["project"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deliveries_next_at", "deliveries", ["next_at"])


def _name_projects() -> None:
    sessions = sa.table("sessions", sa.column("id", sa.String), sa.column("project", sa.String))
    connection = op.get_bind()
    for (session_id,) in connection.execute(sa.select(sessions.c.id)).all():
        key = session_key(session_id) or ""
        connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(project=key))


def _session_constraint() -> str:
    on_sqlite = op.get_bind().dialect.name == "sqlite"  # where unnamed constraints have no name
    return "uq_renders_session_id" if on_sqlite else "renders_session_id_key"


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("callbacks")
    op.drop_table("archive_requests")
    op.drop_table("projects")
    op.execute("DELETE FROM renders WHERE room_name IS NULL")
    with op.batch_alter_table("renders") as renders:
        renders.drop_index("ix_renders_session_id")
        renders.alter_column("room_name", existing_type=sa.String(length=128), nullable=False)
        renders.alter_column("room_session_id", existing_type=sa.String(length=255), nullable=False)
        renders.alter_column("take_id", existing_type=sa.String(length=36), nullable=False)
        renders.create_unique_constraint("uq_renders_session_id", ["session_id"])
        renders.drop_column("max_duration")
        renders.drop_column("name")
    op.drop_index("ix_sessions_project", "sessions")
    for column in _SESSION_COLUMNS:
        op.drop_column("sessions", column.name)
