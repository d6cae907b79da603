"""What comes out of the store: frozen values, one a row; times in ms since the epoch unless a name ends in _us."""

from dataclasses import dataclass, field
from typing import Any

from reelroom.opentok.tokens import session_key


@dataclass(frozen=True, kw_only=True)
class Session:
    """An OpenTok session: a room's own, one that a render publishes into, or an application's.

    `project` is the key in its id. `muted`: what is published from now on begins muted.
    """

    id: str
    created_at: int
    project: str = ""
    media_mode: str = "routed"
    archive_mode: str = "manual"
    archive_name: str = ""
    archive_resolution: str = "640x480"
    e2ee: bool = False
    muted: bool = False

    def __post_init__(self) -> None:
        if not self.project:
            object.__setattr__(self, "project", session_key(self.id) or "")


@dataclass(frozen=True, kw_only=True)
class Room:
    """A name that people share, and its session; `visited`: somebody came in; `door`: open, waiting or locked.

    `transcribed`: its recordings may have transcripts.
    `folded` is the same for all spellings of the name; None where an older room has it.
    """

    name: str
    session_id: str
    created_at: int
    visited: bool = True
    door: str = "open"
    transcribed: bool = True
    folded: str | None = None


@dataclass(frozen=True, kw_only=True)
class KeptTake:
    """What is known of a take beside its folder.

    It runs while `stopped_at` is None, and may be cut until `removed_at` is set; one of a session runs at a time.
    `node` is the server in whose data directory it lies; "" for the only one there was. All of it is in the depot
    since `shipped_at`; None where it is not, or where there is no depot.
    """

    id: str
    session_id: str
    created_at: int
    stopped_at: int | None = None
    removed_at: int | None = None
    node: str = ""
    shipped_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Render:
    """A room being cut live, or a page being shown, as a stream in a session.

    `room_name`, `room_session_id` and `take_id` are None where a page is shown. `layout` is that of the film, "" for
    the default one. `own`: it was started in a room to be recorded, and its archive is ours to start. `running_in` is
    the room of such a one while it runs: at most one does. `max_duration` in s, 0 for no end. `connection_data` is
    what those in the session see of it, as its token says.
    """

    id: str
    room_name: str | None = None
    room_session_id: str | None = None
    session_id: str
    take_id: str | None = None
    name: str = ""
    max_duration: int = 0
    url: str
    callback_url: str
    resolution: str
    layout: str = ""
    own: bool = False
    status: str
    reason: str = ""
    stream_id: str | None = None
    connection_data: str = ""
    running_in: str | None = None
    created_at: int
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A film of a take: from `start_us` to `end_us` (None while it is recording).

    `plan` is how it is cut (JSON, docs/formats.md): the only place where that is kept. `passing`: it failed for a
    reason that may pass, and is tried again. `recut_of` is the archive that it was cut from again, `cut_through` the
    film's link that let somebody do so. While it lies in the bin, `deleted_from` is the status that it had, and goes
    back to; once the bin was emptied of it, that is None. One of a session and tag records at a time. `deposited` is
    what of it lies in the depot (JSON: digest and size by suffix), "" where nothing does.
    """

    id: str
    session_id: str
    render_id: str | None = None
    take_id: str
    name: str = ""
    status: str
    reason: str = ""
    passing: bool = False
    resolution: str
    output_mode: str = "composed"
    stream_mode: str = "auto"
    tag: str = ""
    has_audio: bool = True
    has_video: bool = True
    plan: str = ""
    recut_of: str | None = None
    start_us: int
    end_us: int | None = None
    duration_ms: int = 0
    size: int = 0
    sha256sum: str = ""
    created_at: int
    updated_at: int
    deleted_at: int | None = None
    deleted_from: str | None = None
    cut_through: str | None = None
    deposited: str = ""

    @property
    def seconds(self) -> int:
        """How long it is, as applications are told: 0 while it records, as far as is known until its film is made."""
        if not self.duration_ms and self.end_us is not None and self.recut_of is None:
            return round((self.end_us - self.start_us) / 1e6)
        return round(self.duration_ms / 1000)


@dataclass(frozen=True, kw_only=True)
class FilmLink:
    """The right to one film: to watch it ("view"), or to change and delete it, too ("edit"), until `expires_at`.

    It opens what was cut again through it, too. Of its secret only the SHA-256 is kept (hex).
    """

    id: str
    archive_id: str
    secret_hash: str
    grants: str
    created_at: int
    expires_at: int
    revoked_at: int | None = None
    uses: int = 0
    used_at: int | None = None

    def opens(self, archive: Archive) -> bool:
        """Whether it is of that film."""
        return self.archive_id == archive.id or self.id == archive.cut_through

    def holds(self, now: int) -> bool:
        """Whether it still does, at `now` (ms)."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, kw_only=True)
class Broadcast:
    """A session shown live elsewhere: by HLS (what was asked for, or None) and to RTMP servers.

    `plan` as in an archive. `max_duration` in s, `max_bitrate` in bits a second. One of a session and tag runs at a
    time.
    """

    id: str
    session_id: str
    take_id: str
    status: str
    reason: str = ""
    resolution: str
    stream_mode: str = "auto"
    tag: str = ""
    has_audio: bool = True
    has_video: bool = True
    max_duration: int
    max_bitrate: int | None = None
    hls: dict[str, Any] | None = None
    rtmp: list[dict[str, Any]] = field(default_factory=list)
    plan: str = ""
    created_at: int
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class TelephoneCall:
    """A telephone in a session: `state` is one of `store.states.CALL_MOVES`, or DIALING.

    `stream_id` is "" until it is in the session. `code` is the SIP status that ended it, 0 where none did.
    `observe_mute`: the application wants to be told when the telephone is muted.
    """

    id: str
    session_id: str
    connection_id: str
    stream_id: str = ""
    state: str = "DIALING"
    code: int = 0
    reason: str = ""
    observe_mute: bool = False
    created_at: int
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class TelephoneNumber:
    """By what a telephone comes into a session: its number is dialled or pressed, its PIN pressed."""

    session_id: str
    number: str
    pin: str
    created_at: int


@dataclass(frozen=True, kw_only=True)
class ProjectRecord:
    """A project as it is kept; the server's own has its secret in keys.json, and none here.

    Until `old_secret_until` the secret before this one is worth as much.
    """

    key: str
    name: str
    secret: str
    public_key: str = ""
    created_at: int
    disabled_at: int | None = None
    old_secret: str = ""
    old_secret_until: int = 0


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """The right to come into a room in a role until `expires_at`, and to its films until `films_until`.

    `owner`: it is that of the browser that opened the room first.
    """

    id: str
    room_name: str
    role: str
    owner: bool = False
    created_at: int
    expires_at: int
    films_until: int
    revoked_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Admission:
    """By which right somebody was let into a session: a token that was `signed_with` a secret (its fingerprint).

    `invitation` is the id of the one that they came by, "" for none. Once `ended_at` is set, it lets in nobody.
    `role` is the one that a moderator gave them, "" for none.
    """

    identity: str
    session_id: str
    project: str
    signed_with: str
    invitation: str = ""
    created_at: int
    ended_at: int | None = None
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Knock:
    """Somebody waits before the door of a session's room; `answer` is "", "admitted" or "denied".

    `seen_at`: when they were heard of for the last time.
    """

    id: str
    session_id: str
    name: str
    created_at: int
    seen_at: int
    answer: str = ""
    answered_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Where a project wants to be told of an event of a group."""

    id: str
    project: str
    group: str
    event: str
    url: str
    created_at: int


@dataclass(frozen=True, kw_only=True)
class NewDelivery:
    """One body for one URL, as it is written down."""

    project: str
    about: str
    url: str
    body: str
    created_at: int


@dataclass(frozen=True, kw_only=True)
class Delivery(NewDelivery):
    """One that waits, or has been settled; those `about` the same thing go out in the order of their ids.

    `next_at` is None once it was delivered or given up. Until `claimed_until` it is in the hands of `claimed_by`.
    """

    id: int
    host: str
    attempts: int
    next_at: int | None
    delivered_at: int | None
    problem: str
    claimed_by: str
    claimed_until: int


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Where a project has its archives uploaded: `config` is that of its `kind`, "s3" or "azure", with credentials.

    With `fallback` an archive can be watched here for as long as it is not there.
    """

    project: str
    kind: str
    config: dict[str, str] = field(repr=False)
    fallback: bool
    created_at: int


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An archive that the node it lies on is to upload to its project's bucket, at `next_at` (ms) or later."""

    archive_id: str
    project: str
    node: str
    attempts: int = 0
    next_at: int
    problem: str = ""
    created_at: int


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody who is connected to a session, and what they publish, as applications were told."""

    session_id: str
    identity: str
    connection: dict[str, Any]
    streams: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Which node runs a thing until when; a higher `fence` is a later holder. `said`: what it told last."""

    kind: str
    id: str
    node: str
    fence: int
    until: int
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What everybody in a room of the engine is told as its metadata; a higher `version` is a later one."""

    room: str
    facts: dict[str, Any]
    version: int
