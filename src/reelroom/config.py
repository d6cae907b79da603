"""What whoever hosts the server may set: by environment (REELROOM_…), or on the command line."""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

DISCOVER = "discover"
OPEN_WORDS = "yes-anybody-may-come-in"
_PREFIX = "REELROOM_"
# Names of ours that are no settings: where programs are, and what child processes are handed.
_BESIDE = {
    *("ENGINE_BINARY", "TAP_BINARY", "SIP_BINARY", "PAGE_DIR", "TAP_TOKEN", "CHILD_SECRET", "RTMP_URL", "PAGE_URL"),
    "FENCED_FROM",
}
Role = Literal["api", "record", "compose", "keep"]
ROLES: tuple[Role, ...] = get_args(Role)
_TO_TAKE_UP = 5  # s, in which a server notices that a lease is over, and takes up what was held
_DOMAIN = re.compile(r"^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$")  # what LiveKit takes for one
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def read_roles(text: str) -> frozenset[Role]:
    """The roles in a list with commas; all for an empty one. Raises ValueError."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if unknown := [word for word in words if word not in ROLES]:
        raise ValueError(f"REELROOM_ROLES names {unknown[0]!r}, which is no role: they are {', '.join(ROLES)}")
    return frozenset(role for role in ROLES if role in words or not words)


class Settings(BaseSettings):
    """All settings, with defaults that listen on loopback only."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True)

    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8080, ge=1, le=65535, description="its TCP port")
    data_dir: Path = Field(Path("data"), description="where all state lives")
    database_url: str = Field("", description="postgresql://…, where not a file in data_dir (SQLite)")
    depot: str = Field(
        "",
        pattern=r"^(s3://[^/]+(/.*)?|file:///.+)?$",
        description="where takes, while they grow, and films are kept for all servers: s3://bucket/prefix or "
        "file:///folder; without one each server has its own",
    )
    depot_endpoint: str = Field("", description="the depot's address, where that is not Amazon's")
    depot_region: str = Field("", description="its region")
    depot_access_key: str = Field(
        "", repr=False, description="what opens it; without one, what the machine itself may do"
    )
    depot_secret_key: str = Field("", repr=False, description="and its secret")
    roles: str = Field(
        "",
        description="what this server does, with commas between: api, record, compose, keep; all where empty",
    )
    lease_seconds: int = Field(
        20, ge=4, le=300, description="after how long without a sign of life other servers go on with its recordings"
    )
    engine_port: int = Field(7880, ge=1, le=65535, description="the engine's TCP port (signalling)")
    rtc_port: int = Field(7882, ge=1, le=65535, description="the engine's UDP port (media)")
    rtc_tcp_port: int = Field(
        0, ge=0, le=65535, description="a TCP port for media of those whose network lets no UDP through; 0: none"
    )
    media_address: str = Field(
        "",
        description="this machine's address as others' media reaches it, where it is not the machine's own; "
        f"{DISCOVER!r}: what public STUN servers say it is",
    )
    turn_tls_port: int = Field(
        0, ge=0, le=65535, description="TCP port for TURN over TLS, to which port 443 of turn_domain leads; 0: none"
    )
    turn_domain: str = Field("", description="the name that TURN over TLS has, on port 443")
    turn_certificate: Path | None = Field(
        None, description="the certificate (PEM) of turn_domain; without one, TLS ends before TURN's port"
    )
    turn_key: Path | None = Field(None, description="its key")
    turn_udp_port: int = Field(0, ge=0, le=65535, description="UDP port for TURN; 0: none")
    engine_at: str = Field(
        "", description="the ws address of an engine that another program runs; none is started here then"
    )
    engine_addresses: str = Field(
        "",
        description="addresses the engine listens on beside loopback, with commas between, where host is loopback; "
        "and the machine's own that media_address leads to, where it has several",
    )
    public_url: str = Field("", description="the server's address as browsers see it, if another")
    engine_url: str = Field("", description="the engine's ws address as browsers see it, if another")
    link_seconds: int = Field(3600, ge=1, description="how long a film's link works")
    token_seconds: int = Field(24 * 3600, ge=1, description="how long a client token works")
    keep_takes_days: float = Field(7, ge=0, description="how long a take is kept after it was stopped")
    keep_deleted_days: float = Field(
        30,
        ge=0,
        description="how long a film that was deleted lies in the bin, from which it comes back; 0: not at all",
    )
    keep_unvisited_days: float = Field(
        2, ge=0, description="how long a room that nobody ever entered is kept, and for as long as its tokens live"
    )
    most_recordings: int = Field(
        0, ge=0, description="recordings and renders on this machine at a time; 0: as many as it carries"
    )
    most_of_a_project: int = Field(
        100, ge=0, description="recordings, renders, broadcasts and calls of a project at a time; 0: any number"
    )
    most_of_an_address: int = Field(
        20, ge=0, description="recordings of rooms that one address, without a key, has running; 0: any number"
    )
    most_recuts: int = Field(
        50, ge=1, description="films that wait to be cut again at a time; a fifth of one recording"
    )
    min_free_mb: int = Field(500, ge=0, description="no recording starts with less than that free on the disk")
    longest_seconds: int = Field(4 * 3600, ge=1, description="a recording ends after that")
    idle_seconds: int = Field(3600, ge=1, description="a recording ends when nobody published for so long")
    empty_seconds: int = Field(60, ge=1, description="a recording ends so long after the last participant left")
    admin_token: str = Field("", description="opens /admin from elsewhere; without one, this machine only")
    orphan_seconds: int = Field(60, ge=0, description="how long a recording waits for a server that was killed")
    recut_processes: int = Field(default_factory=cores, ge=1, description="how many make one film again")
    speech_model: Path | None = Field(
        None, description="a folder with a model of faster-whisper, beside the one that `reelroom model use` names"
    )
    transcripts: Annotated[Literal["asked", "always", "never"], BeforeValidator(_lower)] = Field(
        "asked", description="which recordings are written down as text: those that ask for it, all, or none"
    )
    captions: Annotated[Literal["asked", "never"], BeforeValidator(_lower)] = Field(
        "asked",
        description="whether people may read live captions of what is said, where there is a model for speech",
    )
    summary_url: str = Field(
        "",
        description="the address of an OpenAI-compatible API, such as http://127.0.0.1:11434/v1, whose model sums up "
        "transcripts; without one nothing is summed up, and nothing of what was said leaves the server",
    )
    summary_model: str = Field("", max_length=200, description="the name of its model")
    summary_key: str = Field("", repr=False, description="what opens it, where it wants a key")
    summary_key_file: Path | None = Field(None, description="a file with that key, instead")
    summary_context: int = Field(
        4096,
        ge=2048,
        le=2_000_000,
        description="how many tokens its model takes; what is longer is summed up in parts",
    )
    summaries: Annotated[Literal["asked", "always"], BeforeValidator(_lower)] = Field(
        "asked", description="which transcripts are summed up: those that ask for it, or all"
    )
    loudness: float = Field(-16, ge=-31, le=-9, description="how loud films and streams are to be, in LUFS")
    splice: Annotated[Literal["auto", "never"], BeforeValidator(_lower)] = Field(
        "never",
        description="whether films copy what a camera encoded, instead of encoding it, where it fills the frame",
    )
    auth: Literal["open", "token"] = Field(
        "open", description="who may open rooms: anybody who reaches the server, or who has a token or an invitation"
    )
    open_to_all: str = Field("", description=f"{OPEN_WORDS!r}: let anybody in, though others reach the server")
    consent: Literal["tell", "ask"] = Field(
        "tell",
        description="whether people in rooms are told of recordings, or asked, and left out unless they agree",
    )
    calls_per_minute: int = Field(
        600, ge=0, description="calls of an address about sessions, tokens and renders; 0: any number"
    )
    allowed_origins: list[str] = Field([], description="other sites (JSON list) whose pages may call the API")
    allowed_hosts: list[str] = Field(
        [], description="names (JSON list) this server is called by, beside its own and public_url's"
    )
    trusted_proxies: str = Field("", description="addresses (comma) whose X-Forwarded-For is believed")
    render_private_addresses: bool = Field(
        False, description="whether a page that is rendered may reach this machine and private networks"
    )
    spare_browser: bool = Field(
        True, description="whether a browser waits for the next page, where one was rendered within a week"
    )
    private_destinations: bool = Field(
        False,
        description="whether projects may send archives, sound, broadcasts, calls and callbacks to private networks",
    )
    sip_public_address: str = Field(
        "", description="this machine's address as telephones see it, where that is another than its own"
    )
    sip_media_ports: str = Field(
        "", pattern=r"^(\d{1,5}-\d{1,5})?$", description="the UDP ports of telephones' sound, such as 20000-20999"
    )
    sip_listen: str = Field(
        "",
        pattern=r"^((\[[0-9a-fA-F:.]+\]|[0-9.]+):\d{1,5})?$",
        description="where telephones may call in, over UDP and TCP, such as 0.0.0.0:5060",
    )
    sip_number: str = Field(
        "",
        pattern=r"^\+?[0-9]{0,15}$",
        description="the telephone number whose calls a provider brings to sip_listen, for all rooms",
    )
    sip_most_calls: int = Field(20, ge=1, description="telephones that have called in, at once")
    sip_longest_seconds: int = Field(4 * 3600, ge=1, description="a telephone call ends after that")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "info", description="debug, info, warning or error"
    )

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.port == self.engine_port:
            raise ValueError(f"REELROOM_PORT and REELROOM_ENGINE_PORT are both {self.port}: each needs its own")
        if self.rtc_tcp_port in {self.port, self.engine_port}:
            raise ValueError(f"REELROOM_RTC_TCP_PORT is {self.rtc_tcp_port}, which is taken: it needs its own")
        return self

    @model_validator(mode="after")
    def _turn_is_whole(self) -> Self:
        address = self.media_address
        if address not in {"", DISCOVER} and not _is_address(address):
            raise ValueError(
                f"REELROOM_MEDIA_ADDRESS is {address!r}, which is neither an IP address nor {DISCOVER!r}"
            )
        if (self.turn_certificate is None) != (self.turn_key is None):
            raise ValueError("REELROOM_TURN_CERTIFICATE and REELROOM_TURN_KEY belong together: set both, or neither")
        if self.turn_tls_port and not _DOMAIN.match(self.turn_domain):
            raise ValueError("REELROOM_TURN_TLS_PORT needs REELROOM_TURN_DOMAIN, such as turn.example.org")
        if self.has_turn and not _is_address(address):
            raise ValueError("TURN needs REELROOM_MEDIA_ADDRESS, the IP address that it hands media to, and no other")
        if self.turn_tls_port and self.turn_tls_port in {self.port, self.engine_port, self.rtc_tcp_port}:
            raise ValueError(f"REELROOM_TURN_TLS_PORT is {self.turn_tls_port}, which is taken: it needs its own")
        if self.turn_udp_port and self.turn_udp_port == self.rtc_port:
            raise ValueError(f"REELROOM_TURN_UDP_PORT is {self.turn_udp_port}, which is taken: it needs its own")
        return self

    @model_validator(mode="after")
    def _depot_can_be_meant(self) -> Self:
        if (self.depot_access_key == "") != (self.depot_secret_key == ""):
            raise ValueError("REELROOM_DEPOT_ACCESS_KEY and REELROOM_DEPOT_SECRET_KEY belong together")
        if self.depot and not self.database_url:
            raise ValueError("REELROOM_DEPOT is for servers that share a database: set REELROOM_DATABASE_URL, too")
        return self

    @model_validator(mode="after")
    def _summaries_can_be_meant(self) -> Self:
        if self.summary_url and not re.match(r"^https?://[^/\s]+", self.summary_url):
            raise ValueError("REELROOM_SUMMARY_URL is no http address, such as http://127.0.0.1:11434/v1")
        if (self.summary_url == "") != (self.summary_model == ""):
            raise ValueError("REELROOM_SUMMARY_URL and REELROOM_SUMMARY_MODEL belong together: set both, or neither")
        if self.summary_key and self.summary_key_file is not None:
            raise ValueError("REELROOM_SUMMARY_KEY and REELROOM_SUMMARY_KEY_FILE are both set: one will do")
        if self.summaries == "always" and not self.summary_url:
            raise ValueError("REELROOM_SUMMARIES=always needs REELROOM_SUMMARY_URL, whose model sums up")
        return self

    @model_validator(mode="after")
    def _roles_can_be_meant(self) -> Self:
        if read_roles(self.roles) != set(ROLES) and not self.database_url:
            raise ValueError("REELROOM_ROLES is for servers that share a database: set REELROOM_DATABASE_URL, too")
        return self

    @model_validator(mode="after")
    def _recordings_can_go_on(self) -> Self:
        least = self.lease_seconds + _TO_TAKE_UP
        if self.database_url and self.orphan_seconds < least:
            raise ValueError(
                f"REELROOM_ORPHAN_SECONDS is {self.orphan_seconds}: recordings would end before another server can "
                f"go on with them, {self.lease_seconds} s (REELROOM_LEASE_SECONDS) after theirs was heard of last. "
                f"Set it to {least} or more"
            )
        return self

    @property
    def has_turn(self) -> bool:
        """Whether the engine is to be a TURN server, too."""
        return bool(self.turn_tls_port or self.turn_udp_port)

    @property
    def loopback(self) -> bool:
        """Whether the server can be reached from this machine only."""
        return self.host in _LOOPBACK

    @property
    def too_open(self) -> bool:
        """Whether anybody on the network could come in without it having been said that they may."""
        return self.auth == "open" and not self.loopback and self.open_to_all != OPEN_WORDS

    @property
    def engine_listens_on(self) -> list[str]:
        """The engine's addresses, where it does not listen on all."""
        more = [address.strip() for address in self.engine_addresses.split(",")]
        return ["127.0.0.1", *filter(None, more)]

    @property
    def base_url(self) -> str:
        """The server's address, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"http://{_host_in_url(self.host)}:{self.port}"

    @property
    def own_url(self) -> str:
        """The server's address as the server itself reaches it."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host
        return f"http://{_host_in_url(host)}:{self.port}"

    @property
    def engine_public_url(self) -> str:
        """The engine's address for browsers."""
        return self.engine_url or self.engine_at or f"ws://{_host_in_url(self.host)}:{self.engine_port}"

    @property
    def engine_own_url(self) -> str:
        """The engine's address for the server and its child processes."""
        return self.engine_at.rstrip("/") or f"ws://127.0.0.1:{self.engine_port}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _host_in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class WrongSettings(ValueError):
    """Settings that cannot be meant; the message says which, and what may be meant."""


def read_settings(**given: Any) -> Settings:
    """The settings of the environment, and those that are given instead. Raises WrongSettings."""
    if unknown := unknown_names(os.environ):
        raise WrongSettings("; ".join(unknown))
    try:
        return Settings(**given)
    except ValidationError as error:
        raise WrongSettings("; ".join(_sentence(each) for each in error.errors(include_url=False))) from None
    except SettingsError as error:  # a list that is no JSON
        name = next((word for word in str(error).split() if word.strip('"') in Settings.model_fields), "")
        variable = _PREFIX + name.strip('"').upper()
        raise WrongSettings(f'{variable} is not a JSON list, such as ["https://example.org"]') from None


def unknown_names(environment: Iterable[str]) -> list[str]:
    """A sentence for each variable that looks like a setting and is none."""
    known = sorted({*(name.upper() for name in Settings.model_fields), *_BESIDE})
    sentences = []
    for name in sorted(environment):
        word = name.upper().removeprefix(_PREFIX)
        if not name.upper().startswith(_PREFIX) or word in known:
            continue
        near = difflib.get_close_matches(word, known, n=1)
        hint = f"did you mean {_PREFIX}{near[0]}?" if near else "README.md lists all there are"
        sentences.append(f"There is no setting {name}: {hint}")
    return sentences


def _sentence(error: Any) -> str:
    if not error["loc"]:
        return str(error["msg"]).removeprefix("Value error, ")
    name = _PREFIX + str(error["loc"][0]).upper()
    said = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{name} is {error['input']!r}, and should be {said}"
