"""All tables; ids are UUIDs as text, times in ms since the epoch unless a name ends in _us (µs of room time)."""

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

from reelroom.store.columns import key, one_at_a_time, time, words, yes_or_no

metadata = MetaData()

# The state of what still records or runs, as the unique indexes below have it.
ARCHIVE_RECORDS = "status in ('started', 'paused')"
BROADCAST_RUNS = "status = 'started'"
CAPTIONING_RUNS = "status = 'started'"
TAKE_RUNS = "stopped_at is null"


sessions = Table(
    "sessions",
    metadata,
    key(length=255),
    time("created_at"),
    words("project", 64, index=True),
    words("media_mode", 8),
    words("archive_mode", 8),
    words("archive_name", 80),
    words("archive_resolution", 16),
    yes_or_no("e2ee"),
    yes_or_no("muted"),
)

rooms = Table(
    "rooms",
    metadata,
    key("name", 128),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    time("created_at"),
    Column("visited", Boolean, nullable=False, server_default=true()),
    words("door", 8, server_default="open"),
    Column("transcribed", Boolean, nullable=False, server_default=true()),
    words("folded", 512, null=True),
    UniqueConstraint("session_id"),
    Index("ix_rooms_folded", "folded", unique=True),
    Index("ix_rooms_unvisited", "created_at", sqlite_where=text("not visited"), postgresql_where=text("not visited")),
)

takes = Table(
    "takes",
    metadata,
    key(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False, index=True),
    time("created_at"),
    time("stopped_at", null=True),
    time("removed_at", null=True),
    words("node", 255),
    time("shipped_at", null=True),
    one_at_a_time("uq_takes_running", TAKE_RUNS, "session_id"),
)

renders = Table(
    "renders",
    metadata,
    key(),
    Column("room_name", String(128), ForeignKey("rooms.name"), index=True),
    Column("room_session_id", String(255), ForeignKey("sessions.id")),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False, index=True),
    Column("take_id", String(36), ForeignKey("takes.id")),
    words("name", 200),
    time("max_duration"),
    words("url", 2048),
    words("callback_url", 2048),
    words("resolution", 16),
    words("layout", 32),
    yes_or_no("own"),
    words("status", 16, index=True),
    words("reason", 1024),
    words("stream_id", 255, null=True),
    Column("connection_data", Text, nullable=False),
    words("running_in", 128, null=True),
    time("created_at"),
    time("updated_at"),
    UniqueConstraint("running_in"),
)

archives = Table(
    "archives",
    metadata,
    key(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    Column("render_id", String(36), ForeignKey("renders.id")),
    Column("take_id", String(36), ForeignKey("takes.id"), nullable=False, index=True),
    words("name", 255),
    words("status", 16, index=True),
    words("reason", 1024),
    yes_or_no("passing"),
    words("resolution", 16),
    words("output_mode", 16),
    words("stream_mode", 8),
    words("tag", 255),
    yes_or_no("has_audio"),
    yes_or_no("has_video"),
    Column("plan", Text, nullable=False),
    words("recut_of", 36, null=True),
    time("start_us"),
    time("end_us", null=True),
    time("duration_ms"),
    time("size"),
    words("sha256sum", 64),
    time("created_at"),
    time("updated_at"),
    time("deleted_at", null=True),
    words("deleted_from", 16, null=True),
    words("cut_through", 36, null=True, index=True),
    Column("deposited", Text, nullable=False, server_default=""),
    UniqueConstraint("render_id"),
    Index("ix_archives_session_created", "session_id", "created_at"),
    one_at_a_time("uq_archives_recording", ARCHIVE_RECORDS, "session_id", "tag"),
)

invitations = Table(
    "invitations",
    metadata,
    key(),
    words("room_name", 128, index=True),
    words("role", 16),
    yes_or_no("owner"),
    time("created_at"),
    time("expires_at"),
    time("films_until"),
    time("revoked_at", null=True),
)

admissions = Table(
    "admissions",
    metadata,
    key("identity"),
    words("session_id", 255),
    words("project", 64, index=True),
    words("signed_with", 16),
    words("invitation", 36, index=True),
    time("created_at", index=True),
    time("ended_at", null=True),
    words("role", 16, server_default=""),
)

knocks = Table(
    "knocks",
    metadata,
    key(),
    words("session_id", 255, index=True),
    words("name", 128),
    time("created_at"),
    time("seen_at", index=True),
    words("answer", 8),
    time("answered_at", null=True),
)

chat_lines = Table(
    "chat_lines",
    metadata,
    key("session_id", 255),
    key("identity"),
    key(),
    words("name", 128),
    words("text", 2000),
    words("reply_to", 73),
    time("written_at"),
    Index("ix_chat_lines_of_session", "session_id", "written_at"),
)

film_links = Table(
    "film_links",
    metadata,
    key(),
    Column("archive_id", String(36), ForeignKey("archives.id"), nullable=False, index=True),
    words("secret_hash", 64),
    words("grants", 8),
    time("created_at"),
    time("expires_at"),
    time("revoked_at", null=True),
    Column("uses", Integer, nullable=False),
    time("used_at", null=True),
    UniqueConstraint("secret_hash"),
)

broadcasts = Table(
    "broadcasts",
    metadata,
    key(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    Column("take_id", String(36), ForeignKey("takes.id"), nullable=False),
    words("status", 16, index=True),
    words("reason", 1024),
    words("resolution", 16),
    words("stream_mode", 8),
    words("tag", 255),
    yes_or_no("has_audio"),
    yes_or_no("has_video"),
    Column("max_duration", Integer, nullable=False),
    Column("max_bitrate", Integer),
    Column("hls", JSON(none_as_null=True)),
    Column("rtmp", JSON, nullable=False),
    Column("plan", Text, nullable=False),
    time("created_at"),
    time("updated_at"),
    Index("ix_broadcasts_session_created", "session_id", "created_at"),
    one_at_a_time("uq_broadcasts_running", BROADCAST_RUNS, "session_id", "tag"),
)

telephone_calls = Table(
    "telephone_calls",
    metadata,
    key(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    words("connection_id", 36),
    words("stream_id", 255),
    words("state", 16, index=True),
    Column("code", Integer, nullable=False),
    words("reason", 1024),
    yes_or_no("observe_mute"),
    time("created_at"),
    time("updated_at"),
    Index("ix_telephone_calls_session_created", "session_id", "created_at"),
)

telephone_numbers = Table(
    "telephone_numbers",
    metadata,
    Column("session_id", String(255), ForeignKey("sessions.id"), primary_key=True),
    words("number", 16, unique=True),
    words("pin", 16),
    time("created_at"),
)

captionings = Table(
    "captionings",
    metadata,
    key(),
    Column("session_id", String(255), ForeignKey("sessions.id"), nullable=False),
    words("status", 16, index=True),
    words("reason", 1024),
    words("language", 16),
    yes_or_no("partial"),
    yes_or_no("own"),
    Column("max_duration", Integer, nullable=False),
    words("callback_url", 2048),
    time("created_at"),
    time("updated_at"),
    one_at_a_time("uq_captionings_running", CAPTIONING_RUNS, "session_id"),
)

projects = Table(
    "projects",
    metadata,
    key("key", 64),
    words("name", 128),
    words("secret", 128),
    words("old_secret", 128),
    time("old_secret_until"),
    Column("public_key", Text, nullable=False),
    time("created_at"),
    time("disabled_at", null=True),
)

callbacks = Table(
    "callbacks",
    metadata,
    key(),
    words("project", 64, index=True),
    words("group", 16),
    words("event", 16),
    words("url", 2048),
    time("created_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    words("project", 64),
    words("about", 255),
    words("url", 2048),
    words("host", 255),
    Column("body", Text, nullable=False),
    time("created_at"),
    Column("attempts", Integer, nullable=False),
    time("next_at", null=True, index=True),
    time("delivered_at", null=True),
    words("problem", 255),
    words("claimed_by", 255),
    time("claimed_until"),
)

buckets = Table(
    "buckets",
    metadata,
    Column("project", String(64), ForeignKey("projects.key"), primary_key=True),
    words("kind", 8),
    Column("config", JSON, nullable=False),
    yes_or_no("fallback"),
    time("created_at"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("archive_id", String(36), ForeignKey("archives.id"), primary_key=True),
    words("project", 64),
    words("node", 255),
    Column("attempts", Integer, nullable=False),
    time("next_at", index=True),
    words("problem", 255),
    time("created_at"),
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("archive_id", String(36), ForeignKey("archives.id"), primary_key=True),
    words("node", 255),
    words("status", 16),
    words("reason", 1024),
    words("asked", 16),
    words("language", 16),
    yes_or_no("has_summary"),
    words("summary_status", 16),
    words("summary_reason", 1024),
    Column("summary_attempts", Integer, nullable=False),
    time("summary_at", null=True, index=True),
    words("wording", 64),
    words("summary_wording", 64),
    Column("attempts", Integer, nullable=False),
    time("next_at", null=True, index=True),
    time("write_at", null=True, index=True),
    time("created_at"),
    time("updated_at"),
)

# Beside it lies film_tokens, which each database has in its own way (store/film_texts.py).
film_texts = Table(
    "film_texts",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("archive_id", String(36), ForeignKey("archives.id"), nullable=False, unique=True),
    time("as_of"),
    Column("people", JSON, nullable=False),
    Column("moments", JSON, nullable=False),
)

visits = Table(
    "visits",
    metadata,
    Column("session_id", String(255), ForeignKey("sessions.id"), primary_key=True),
    key("identity", 255),
    Column("connection", JSON, nullable=False),
    Column("streams", JSON, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    key("kind", 16),
    key("id", 255),
    words("node", 255),
    time("fence"),
    time("until"),
    Column("said", JSON, nullable=False),
)

announcements = Table(
    "announcements",
    metadata,
    key("room", 255),
    Column("facts", JSON, nullable=False),
    time("version"),
)
