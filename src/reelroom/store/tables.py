"""All tables; ids are UUIDs as text, times in ms since the epoch unless a name ends in _us (µs of room time)."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

metadata = MetaData()

# The state of what still records or runs, as the unique indexes below have it.
ARCHIVE_RECORDS = "status in ('started', 'paused')"
BROADCAST_RUNS = "status = 'started'"
CAPTIONING_RUNS = "status = 'started'"
TAKE_RUNS = "stopped_at is null"


def _id(name: str = "id", length: int = 36) -> Column[Any]:
    return Column(name, String(length), primary_key=True)


def _time(name: str, *, null: bool = False, **more: Any) -> Column[Any]:
    return Column(name, BigInteger, nullable=null, **more)


def _text(name: str, length: int, *, null: bool = False, **more: Any) -> Column[Any]:
    return Column(name, String(length), nullable=null, **more)


def _yes_or_no(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


def _one_at_a_time(name: str, where: str, *columns: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


sessions = Table(
    "sessions",
    metadata,
    _id(length=255),
    _time("created_at"),
    _text("project", 64, index=True),
    _text("media_mode", 8),
    _text("archive_mode", 8),
    _text("archive_name", 80),
    _text("archive_resolution", 16),
    _yes_or_no("e2ee"),
    _yes_or_no("muted"),
)

rooms = Table(
    "rooms",
    metadata,
    _id("name", 128),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    _time("created_at"),
    Column("visited", Boolean, nullable=False, server_default=true()),
    _text("door", 8, server_default="open"),
    _text("folded", 512, null=True),
    UniqueConstraint("session_id"),
    Index("ix_rooms_folded", "folded", unique=True),
    Index("ix_rooms_unvisited", "created_at", sqlite_where=text("not visited"), postgresql_where=text("not visited")),
)

takes = Table(
    "takes",
    metadata,
    _id(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False, index=True),
    _time("created_at"),
    _time("stopped_at", null=True),
    _time("removed_at", null=True),
    _text("node", 255),
    _time("shipped_at", null=True),
    _one_at_a_time("uq_takes_running", TAKE_RUNS, "session_id"),
)

renders = Table(
    "renders",
    metadata,
    _id(),
    Column("room_name", String(128), ForeignKey("rooms.name"), index=True),
    Column("room_session_id", String(255), ForeignKey("sessions.id")),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False, index=True),
    Column("take_id", String(36), ForeignKey("takes.id")),
    _text("name", 200),
    _time("max_duration"),
    _text("url", 2048),
    _text("callback_url", 2048),
    _text("resolution", 16),
    _text("layout", 32),
    _yes_or_no("own"),
    _text("status", 16, index=True),
    _text("reason", 1024),
    _text("stream_id", 255, null=True),
    Column("connection_data", Text, nullable=False),
    _text("running_in", 128, null=True),
    _time("created_at"),
    _time("updated_at"),
    UniqueConstraint("running_in"),
)

archives = Table(
    "archives",
    metadata,
    _id(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    Column("render_id", String(36), ForeignKey("renders.id")),
    Column("take_id", String(36), ForeignKey("takes.id"), nullable=False, index=True),
    _text("name", 255),
    _text("status", 16, index=True),
    _text("reason", 1024),
    _yes_or_no("passing"),
    _text("resolution", 16),
    _text("output_mode", 16),
    _text("stream_mode", 8),
    _text("tag", 255),
    _yes_or_no("has_audio"),
    _yes_or_no("has_video"),
    Column("plan", Text, nullable=False),
    _text("recut_of", 36, null=True),
    _time("start_us"),
    _time("end_us", null=True),
    _time("duration_ms"),
    _time("size"),
    _text("sha256sum", 64),
    _time("created_at"),
    _time("updated_at"),
    _time("deleted_at", null=True),
    _text("deleted_from", 16, null=True),
    _text("cut_through", 36, null=True, index=True),
    Column("deposited", Text, nullable=False, server_default=""),
    UniqueConstraint("render_id"),
    Index("ix_archives_session_created", "session_id", "created_at"),
    _one_at_a_time("uq_archives_recording", ARCHIVE_RECORDS, "session_id", "tag"),
)

invitations = Table(
    "invitations",
    metadata,
    _id(),
    _text("room_name", 128, index=True),
    _text("role", 16),
    _yes_or_no("owner"),
    _time("created_at"),
    _time("expires_at"),
    _time("films_until"),
    _time("revoked_at", null=True),
)

admissions = Table(
    "admissions",
    metadata,
    _id("identity"),
    _text("session_id", 255),
    _text("project", 64, index=True),
    _text("signed_with", 16),
    _text("invitation", 36, index=True),
    _time("created_at", index=True),
    _time("ended_at", null=True),
    _text("role", 16, server_default=""),
)

knocks = Table(
    "knocks",
    metadata,
    _id(),
    _text("session_id", 255, index=True),
    _text("name", 128),
    _time("created_at"),
    _time("seen_at", index=True),
    _text("answer", 8),
    _time("answered_at", null=True),
)

chat_lines = Table(
    "chat_lines",
    metadata,
    _id("session_id", 255),
    _id("identity"),
    _id(),
    _text("name", 128),
    _text("text", 2000),
    _text("reply_to", 73),
    _time("written_at"),
    Index("ix_chat_lines_of_session", "session_id", "written_at"),
)

film_links = Table(
    "film_links",
    metadata,
    _id(),
    Column("archive_id", String(36), ForeignKey("archives.id"), nullable=False, index=True),
    _text("secret_hash", 64),
    _text("grants", 8),
    _time("created_at"),
    _time("expires_at"),
    _time("revoked_at", null=True),
    Column("uses", Integer, nullable=False),
    _time("used_at", null=True),
    UniqueConstraint("secret_hash"),
)

broadcasts = Table(
    "broadcasts",
    metadata,
    _id(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    Column("take_id", String(36), ForeignKey("takes.id"), nullable=False),
    _text("status", 16, index=True),
    _text("reason", 1024),
    _text("resolution", 16),
    _text("stream_mode", 8),
    _text("tag", 255),
    _yes_or_no("has_audio"),
    _yes_or_no("has_video"),
    Column("max_duration", Integer, nullable=False),
    Column("max_bitrate", Integer),
    Column("hls", JSON(none_as_null=True)),
    Column("rtmp", JSON, nullable=False),
    Column("plan", Text, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    Index("ix_broadcasts_session_created", "session_id", "created_at"),
    _one_at_a_time("uq_broadcasts_running", BROADCAST_RUNS, "session_id", "tag"),
)

telephone_calls = Table(
    "telephone_calls",
    metadata,
    _id(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    _text("connection_id", 36),
    _text("stream_id", 255),
    _text("state", 16, index=True),
    Column("code", Integer, nullable=False),
    _text("reason", 1024),
    _yes_or_no("observe_mute"),
    _time("created_at"),
    _time("updated_at"),
    Index("ix_telephone_calls_session_created", "session_id", "created_at"),
)

telephone_numbers = Table(
    "telephone_numbers",
    metadata,
    Column("session_id", String(255), ForeignKey("sessions.id"), primary_key=True),
    _text("number", 16, unique=True),
    _text("pin", 16),
    _time("created_at"),
)

captionings = Table(
    "captionings",
    metadata,
    _id(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    _text("status", 16, index=True),
    _text("reason", 1024),
    _text("language", 16),
    _yes_or_no("partial"),
    _yes_or_no("own"),
    Column("max_duration", Integer, nullable=False),
    _text("callback_url", 2048),
    _time("created_at"),
    _time("updated_at"),
    _one_at_a_time("uq_captionings_running", CAPTIONING_RUNS, "session_id"),
)

projects = Table(
    "projects",
    metadata,
    _id("key", 64),
    _text("name", 128),
    _text("secret", 128),
    _text("old_secret", 128),
    _time("old_secret_until"),
    Column("public_key", Text, nullable=False),
    _time("created_at"),
    _time("disabled_at", null=True),
)

callbacks = Table(
    "callbacks",
    metadata,
    _id(),
    _text("project", 64, index=True),
    _text("group", 16),
    _text("event", 16),
    _text("url", 2048),
    _time("created_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _text("project", 64),
    _text("about", 255),
    _text("url", 2048),
    _text("host", 255),
    Column("body", Text, nullable=False),
    _time("created_at"),
    Column("attempts", Integer, nullable=False),
    _time("next_at", null=True, index=True),
    _time("delivered_at", null=True),
    _text("problem", 255),
    _text("claimed_by", 255),
    _time("claimed_until"),
)

buckets = Table(
    "buckets",
    metadata,
    Column("project", String(64), ForeignKey("projects.key"), primary_key=True),
    _text("kind", 8),
    Column("config", JSON, nullable=False),
    _yes_or_no("fallback"),
    _time("created_at"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("archive_id", String(36), ForeignKey("archives.id"), primary_key=True),
    _text("project", 64),
    _text("node", 255),
    Column("attempts", Integer, nullable=False),
    _time("next_at", index=True),
    _text("problem", 255),
    _time("created_at"),
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("archive_id", String(36), ForeignKey("archives.id"), primary_key=True),
    _text("node", 255),
    _text("status", 16),
    _text("reason", 1024),
    _text("asked", 16),
    _text("language", 16),
    _yes_or_no("has_summary"),
    Column("attempts", Integer, nullable=False),
    _time("next_at", null=True, index=True),
    _time("write_at", null=True, index=True),
    _time("created_at"),
    _time("updated_at"),
)

# Beside it lies film_tokens, which each database has in its own way (store/film_texts.py).
film_texts = Table(
    "film_texts",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("archive_id", String(36), ForeignKey("archives.id"), nullable=False, unique=True),
    _time("as_of"),
    Column("people", JSON, nullable=False),
    Column("moments", JSON, nullable=False),
)

visits = Table(
    "visits",
    metadata,
    Column("session_id", String(255), ForeignKey("sessions.id"), primary_key=True),
    _id("identity", 255),
    Column("connection", JSON, nullable=False),
    Column("streams", JSON, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    _id("kind", 16),
    _id("id", 255),
    _text("node", 255),
    _time("fence"),
    _time("until"),
    Column("said", JSON, nullable=False),
)

announcements = Table(
    "announcements",
    metadata,
    _id("room", 255),
    Column("facts", JSON, nullable=False),
    _time("version"),
)
