"""One truth of a plan, unique indexes for what runs once, claims of deliveries, visits and leases."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_RECORDS = sa.text("status in ('started', 'paused')")
_RUNS = sa.text("status = 'started'")
_IS_OPEN = sa.text("stopped_at is null")


def upgrade() -> None:
    _archives()
    _broadcasts()
    _deliveries()
    op.add_column("renders", sa.Column("own", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("update renders set own = true where running_in is not null")
    _one_of_each()
    op.create_table(
        "visits",
        sa.Column("session_id", sa.String(255), nullable=False),
        sa.Column("identity", sa.String(255), nullable=False),
        sa.Column("connection", sa.JSON(), nullable=False),
        sa.Column("streams", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("session_id", "identity"),
    )
    op.create_table(
        "leases",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("node", sa.String(255), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id"),
    )


def _archives() -> None:
    for column in (
        sa.Column("stream_mode", sa.String(8), nullable=False, server_default="auto"),
        sa.Column("tag", sa.String(255), nullable=False, server_default=""),
        sa.Column("plan", sa.Text(), nullable=False, server_default=""),
        # Of what failed until now nobody knows whether it would do so again.
        sa.Column("passing", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("archives", column)
    connection = op.get_bind()
    requests = {row.archive_id: row for row in connection.execute(sa.text("select * from archive_requests"))}
    known = "select id, take_id, resolution, has_audio, has_video from archives"
    for row in connection.execute(sa.text(known)).all():
        asked = requests.get(row.id)
        values = {
            "id": row.id,
            "mode": asked.stream_mode if asked else "auto",
            "tag": asked.tag if asked else "",
            "plan": _kept_plan(row) or _plan(row, asked),
        }
        connection.execute(
            sa.text("update archives set stream_mode = :mode, tag = :tag, plan = :plan where id = :id"), values
        )
    op.drop_table("archive_requests")


def _kept_plan(archive: Any) -> str:
    """The file that an earlier version kept beside the film; what cannot be read is kept as it is, to be told."""
    data_dir = context.config.attributes.get("data_dir")
    if data_dir is None:
        return ""
    path = Path(data_dir) / "takes" / archive.take_id / "films" / f"{archive.id}.plan.json"
    try:
        return path.read_bytes().decode(errors="replace") or "{"
    except OSError:
        return ""


def _plan(row: Any, asked: Any) -> str:
    """As far as the rows tell it."""
    width, _, height = row.resolution.partition("x")
    plan: dict[str, Any] = {"version": 1, "width": int(width or 640), "height": int(height or 480)}
    plan |= {"hasAudio": bool(row.has_audio), "hasVideo": bool(row.has_video)}
    if asked is not None:
        layout, streams = (_decoded(each) for each in (asked.layout, asked.streams))
        if layout:
            plan["layouts"] = [{"at": 0, "layout": layout}]
        if asked.stream_mode == "manual":
            plan["streams"] = [{"at": 0, "streams": streams or []}]
        if (bits := asked.max_bitrate) is not None and not hasattr(row, "max_duration"):
            plan["maxBitrate"] = bits
        if (quantization := getattr(asked, "quantization", None)) is not None:
            plan["quantization"] = quantization
    return json.dumps(plan)


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _broadcasts() -> None:
    op.add_column("broadcasts", sa.Column("plan", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    for row in connection.execute(sa.text("select * from broadcasts")).all():
        values = {"id": row.id, "plan": _plan(row, row)}
        connection.execute(sa.text("update broadcasts set plan = :plan where id = :id"), values)
    op.drop_column("broadcasts", "layout")
    op.drop_column("broadcasts", "streams")


def _deliveries() -> None:
    op.alter_column("deliveries", "taken_at", new_column_name="delivered_at")
    for column in (
        sa.Column("host", sa.String(255), nullable=False, server_default=""),
        sa.Column("claimed_by", sa.String(255), nullable=False, server_default=""),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("deliveries", column)
    connection = op.get_bind()
    for (url,) in connection.execute(sa.text("select distinct url from deliveries where next_at is not null")).all():
        host = urlsplit(url).netloc.rpartition("@")[2].lower()[:255]
        connection.execute(sa.text("update deliveries set host = :host where url = :url"), {"host": host, "url": url})


def _one_of_each() -> None:
    # Takes of renders were apart from those of archives: of two in one session the newer one goes on.
    op.execute(
        "update takes set stopped_at = created_at where stopped_at is null and exists (select 1 from takes as other"
        " where other.session_id = takes.session_id and other.stopped_at is null"
        " and (other.created_at > takes.created_at or (other.created_at = takes.created_at and other.id > takes.id)))"
    )
    op.create_index(
        "uq_takes_running",
        "takes",
        ["session_id"],
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )
    for name, table, where in (
        ("uq_archives_recording", "archives", _RECORDS),
        ("uq_broadcasts_running", "broadcasts", _RUNS),
    ):
        op.create_index(name, table, ["session_id", "tag"], unique=True, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("There is no way back to before 0007: restore the backup of before the upgrade")
