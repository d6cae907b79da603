"""Projects: the keys under which applications call the API."""

import contextlib
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from reelroom.keys import Keys
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.store import Store
from reelroom.store.values import ProjectRecord

_KEY = re.compile(r"[0-9A-Za-z-]{1,64}")
_LEAST_RSA_BITS = 2048
_NO_OLD_SECRET = {"old_secret": "", "old_secret_until": 0}


@dataclass(frozen=True)
class Project:
    """An application's key and what its credentials are checked with; `own` is the server's."""

    key: str
    name: str
    secret: str
    public_key: str
    created_at: int
    enabled: bool
    own: bool
    old_secret: str = ""
    old_secret_until: int = 0  # ms

    def secrets(self, now: int) -> tuple[str, ...]:
        """Those that hold at `now` (ms), the newest first."""
        return (self.secret, self.old_secret) if self.old_secret and now < self.old_secret_until else (self.secret,)

    def fingerprints(self, now: int) -> frozenset[str]:
        """Of all that may have signed a token which holds at `now` (ms); none for a disabled project."""
        if not self.enabled:
            return frozenset()
        return frozenset(map(fingerprint, [*self.secrets(now), *([self.public_key] if self.public_key else [])]))

    def __repr__(self) -> str:
        """Without secrets."""
        return f"Project({self.key})"

    @property
    def is_application(self) -> bool:
        """Whether it is a Vonage application (its key a UUID) and not an OpenTok project (a number)."""
        return not self.key.isdecimal()

    def ids(self, *, numeric: bool) -> dict[str, object]:
        """How an answer names the project: OpenTok's archives and broadcasts have numbers, all else texts."""
        if self.is_application or not numeric:
            return project_id(self.key)
        return {"projectId": int(self.key), "partnerId": int(self.key)}


def project_id(key: str) -> dict[str, object]:
    """How a callback names a project: OpenTok's are numbers, Vonage's applications UUIDs."""
    return {"projectId" if key.isdecimal() else "applicationId": key}


def fingerprint(secret: str) -> str:
    """What names a secret or a key without telling it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


class ProjectError(ValueError):
    """What was asked of a project cannot be; the message says why."""


class Projects:
    """Those in the store, and the server's own, which is the first."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    @property
    def keys(self) -> Keys:
        """Those of the server."""
        return self._keys

    async def ensure_own_project(self) -> None:
        """Write the server's own project down, once."""
        own = ProjectRecord(key=self._keys.api_key, name="this server", secret="", created_at=now_ms())
        if await self.get(own.key) is None:
            with contextlib.suppress(AlreadyThere):
                await self._store.add(own)

    def known(self, row: ProjectRecord) -> Project:
        """A project as it is kept, with its secret."""
        own = row.key == self._keys.api_key
        secret = self._keys.api_secret if own else row.secret
        enabled, old = row.disabled_at is None, (row.old_secret, row.old_secret_until)
        return Project(row.key, row.name, secret, row.public_key, row.created_at, enabled, own, *old)

    async def get(self, key: str) -> Project | None:
        """The project with that key, enabled or not."""
        if not _KEY.fullmatch(key):
            return None
        row = await self._store.projects.get(key)
        return self.known(row) if row else None

    async def all(self) -> Sequence[Project]:
        """Every project, oldest first."""
        return [self.known(row) for row in await self._store.projects.oldest_first()]

    async def create(self, name: str, public_key: str = "") -> Project:
        """A new OpenTok project, or a Vonage application where there is a public key (PEM). Raises ProjectError."""
        if not 0 < len(name.strip()) <= 128:
            raise ProjectError("A project needs a name of at most 128 characters")
        if public_key:
            _check_public_key(public_key)
        for _ in range(10):
            row = ProjectRecord(
                key=str(uuid4()) if public_key else str(10_000_000 + secrets.randbelow(90_000_000)),
                name=name,
                secret=secrets.token_hex(20),
                public_key=public_key,
                created_at=now_ms(),
            )
            try:
                await self._store.add(row)
            except AlreadyThere:
                continue
            return self.known(row)
        raise ProjectError("No free key was found: try again")

    async def rotate(self, key: str, public_key: str = "", overlap: int = 0) -> Project:
        """A new secret (and public key, when one is given); the old secret holds for `overlap` s more.

        A public key is replaced at once. Raises ProjectError.
        """
        if public_key:
            _check_public_key(public_key)
        row = await self._to_change(
            key, "The server's own project has its secret in keys.json: change it there, restart"
        )
        if public_key and not row.public_key:
            raise ProjectError("Only a Vonage application has a public key")
        old = {"old_secret": row.secret, "old_secret_until": now_ms() + overlap * 1000} if overlap else _NO_OLD_SECRET
        return await self._change(key, secret=secrets.token_hex(20), public_key=public_key or row.public_key, **old)

    async def enable(self, key: str, enabled: bool) -> Project:
        """A disabled project's credentials and tokens open nothing. Raises ProjectError."""
        await self._to_change(key, "The server's own project cannot be disabled")
        return await self._change(key, disabled_at=None if enabled else now_ms())

    async def _change(self, key: str, **changes: object) -> Project:
        changed = await self._store.projects.change(key, **changes)
        if changed is None:
            raise ProjectError(f"There is no project {key}")
        return self.known(changed)

    async def _to_change(self, key: str, own: str) -> ProjectRecord:
        """A project that may be changed. Raises ProjectError, in the words `own` for the server's own."""
        row = await self._store.projects.get(key)
        if row is None:
            raise ProjectError(f"There is no project {key}")
        if row.key == self._keys.api_key:
            raise ProjectError(own)
        return row


def _check_public_key(text: str) -> None:
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ProjectError("The public key is not in PEM form (-----BEGIN PUBLIC KEY-----)") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_RSA_BITS:
        raise ProjectError(f"The public key must be an RSA key of {_LEAST_RSA_BITS} bits or more")
