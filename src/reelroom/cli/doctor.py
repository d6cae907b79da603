"""Looks at this machine: is everything there that the server needs, and if not, how does one get it?"""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from reelroom.cli import binaries
from reelroom.cli.finding import Finding
from reelroom.config import ROLES, Settings
from reelroom.files.depot import Depot, DepotError
from reelroom.keys import KEYS, read_keys
from reelroom.processes import fence
from reelroom.renders.page.chromium import chromium, is_sandboxed
from reelroom.store.database import now_ms
from reelroom.store.node_roles import WITHOUT
from reelroom.store.nodes import NodeNow, nodes_of, with_role
from reelroom.store.schema import FILE, DatabaseError, database_url, pending
from reelroom.store.store import Store
from reelroom.transcribing.models import HOW_TO_GET_ONE, missing_by_setting, model_in_use

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 2_000_000_000
LEAST_DESCRIPTORS = 4096
LEAST_RECEIVE_BUFFER = 2_500_000  # bytes; docs/operating.md says why
RECEIVE_BUFFER = Path("/proc/sys/net/core/rmem_max")
SET_UP = "run `make setup`"
ENCODERS = ("libx264", "aac")


def examine(*, data_dir: Path = Path("data"), chosen_database: str = "", depot: Depot | None = None) -> list[Finding]:
    """Looks at everything but ports and changes nothing; the arguments are the settings of the same names."""
    return [
        _python(),
        _encoders(),
        _typefaces(),
        _speech(),
        _program("engine", binaries.engine_binary(), binaries.ENGINE_VARIABLE, version_of),
        _program("tap", binaries.tap_binary(), binaries.TAP_VARIABLE),
        _program("telephone", binaries.sip_binary(), binaries.SIP_VARIABLE),
        _page(),
        _data_directory(data_dir),
        _keys(data_dir),
        _database(data_dir, chosen_database),
        _disk(data_dir),
        *_depot(depot),
        *_roles(data_dir, chosen_database),
        _descriptors(),
        _receive_buffer(),
        _browser(),
        _fence(),
        _transcripts(data_dir),
    ]


def healthy(findings: list[Finding]) -> bool:
    """Whether everything that is required is there."""
    return all(finding.ok for finding in findings if finding.required)


def version_of(binary: Path) -> str | None:
    """What a program answers to --version, or None when it does not run."""
    try:
        done = subprocess.run(
            [binary, "--version"],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.strip().splitlines()
    return lines[0] if done.returncode == 0 and lines else None


def _transcripts(data_dir: Path) -> Finding:
    """Whether there is a model that turns speech into text."""
    settings = Settings(data_dir=data_dir)
    chosen = model_in_use(settings)
    if (missing := missing_by_setting(settings)) is not None:
        what = f"REELROOM_SPEECH_MODEL names {missing}, and no model is there"
        return Finding("transcripts", False, what, HOW_TO_GET_ONE, required=False)
    if chosen is None:
        return Finding("transcripts", False, "no model for speech is chosen", HOW_TO_GET_ONE, required=False)
    return Finding("transcripts", True, str(chosen))


def _python() -> Finding:
    has = ".".join(str(number) for number in sys.version_info[:3])
    if sys.version_info < LEAST_PYTHON:
        remedy = "install Python 3.11 or newer, then run `make setup PYTHON=python3.11`"
        return Finding("python", False, f"{has} is too old", remedy)
    return Finding("python", True, has)


def _encoders() -> Finding:
    try:
        import av  # noqa: PLC0415 - a doctor must be able to say that this is missing
        from av.codec import Codec  # noqa: PLC0415
    except ImportError as error:
        return Finding("encoders", False, f"PyAV cannot be loaded: {error}", SET_UP)
    missing = []
    for name in ENCODERS:
        try:
            Codec(name, "w")
        except ValueError:  # UnknownCodecError is one
            missing.append(name)
    if missing:
        remedy = f"{SET_UP}: PyAV's own wheel has them, a PyAV built from source may not"
        return Finding("encoders", False, f"PyAV {av.__version__} lacks {' and '.join(missing)}", remedy)
    return Finding("encoders", True, f"PyAV {av.__version__} with {' and '.join(ENCODERS)}")


def _typefaces() -> Finding:
    try:
        from reelroom.composer import lettering  # noqa: PLC0415 - as above

        lettering.line("Ann عمر 会議 😀", 24, 400)
    except (ImportError, OSError) as error:
        return Finding("typefaces", False, f"names cannot be written: {error}", SET_UP)
    return Finding("typefaces", True, "names of all scripts can be written")


def _speech() -> Finding:
    try:
        import numpy as np  # noqa: PLC0415 - as above

        from reelroom.composer.words import WINDOW, Words  # noqa: PLC0415 - as above

        Words().likely(np.zeros(WINDOW, np.float32), -90.0)
    except Exception as error:  # onnxruntime has classes of its own, which may be what is missing
        return Finding("speech", False, f"words cannot be told from noise: {error}", SET_UP)
    return Finding("speech", True, "the model that hears words runs")


def _program(
    name: str, binary: Path | None, variable: str, version: Callable[[Path], str | None] | None = None
) -> Finding:
    if binary is None:
        named = os.environ.get(variable)
        if named:
            return Finding(name, False, f"{named} is no program", f"let {variable} name one, or unset it")
        return Finding(name, False, "not built", SET_UP)
    if version is None:
        return Finding(name, True, str(binary))
    says = version(binary)
    if says is None:
        return Finding(
            name,
            False,
            f"{binary} does not run",
            f"run `make clean setup`, or let {variable} name one that runs",
        )
    return Finding(name, True, f"{says} ({binary})")


def _page() -> Finding:
    folder = binaries.page_dir()
    if folder:
        return Finding("page", True, str(folder))
    named = os.environ.get(binaries.PAGE_VARIABLE)
    if named:
        return Finding(
            "page",
            False,
            f"{named} has no index.html",
            f"let {binaries.PAGE_VARIABLE} name one that has, or unset it",
        )
    return Finding("page", False, "not built", SET_UP)


def _descriptors() -> Finding:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < LEAST_DESCRIPTORS:
        remedy = "raise it (`ulimit -Hn`, LimitNOFILE= of a systemd unit): each person and recording takes some"
        return Finding("open files", False, f"{most} at most", remedy, required=False)
    return Finding("open files", True, "any number" if most == resource.RLIM_INFINITY else f"{most} at most")


def _receive_buffer() -> Finding:
    try:
        most = int(RECEIVE_BUFFER.read_text())
    except (OSError, ValueError):
        return Finding("receive buffer", True, "not known here", required=False)
    detail = f"{most / 1000:.0f} KB at most"
    if most < LEAST_RECEIVE_BUFFER:
        remedy = "set net.core.rmem_max = 5000000 with sysctl: packets wait there while the machine is busy"
        return Finding("receive buffer", False, detail, remedy, required=False)
    return Finding("receive buffer", True, detail, required=False)


def _browser() -> Finding:
    found = chromium()
    if found and not is_sandboxed():
        remedy = "run the server as a user of its own where strangers or applications may render pages"
        return Finding("browser", False, f"{found} has no sandbox for root", remedy, required=False)
    if found:
        return Finding("browser", True, found, required=False)
    remedy = "install Chromium where applications render pages (POST P/render); rooms and their recordings need none"
    return Finding("browser", False, "no Chromium is installed", remedy, required=False)


def _fence() -> Finding:
    if fence.version():
        return Finding("fence", True, "what decodes cannot open keys and the database", required=False)
    remedy = "run it on Linux 5.13 or newer, with Landlock among its security modules, and let a container call it"
    return Finding("fence", False, "this kernel does not fence what decodes off from secrets", remedy, required=False)


def _data_directory(folder: Path) -> Finding:
    remedy = f"let whoever runs the server write to {folder}, or set REELROOM_DATA_DIR to another folder"
    nearest = _nearest(folder)
    if not nearest.is_dir():
        return Finding("data", False, f"{nearest} is not a folder", remedy)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        return Finding("data", False, f"{nearest} cannot be written to: {error.strerror}", remedy)
    return Finding("data", True, str(folder) if nearest == folder else f"{folder} will be made")


def _keys(folder: Path) -> Finding:
    try:
        if read_keys(folder) is not None:
            return Finding("keys", True, str(folder / KEYS))
    except OSError as error:
        remedy = f"let whoever runs the server read {folder / KEYS}"
        return Finding("keys", False, f"{folder / KEYS}: {error.strerror}", remedy)
    if not (folder / FILE).exists() and not (folder / KEYS).exists():
        return Finding("keys", True, f"{folder / KEYS} will be made")
    remedy = "restore it from a backup: nothing else opens the rooms and recordings there are"
    return Finding("keys", False, f"{folder / KEYS} is missing or broken", remedy)


def _database(folder: Path, chosen: str) -> Finding:
    if not chosen and not (folder / FILE).exists():
        return Finding("database", True, f"{folder / FILE} will be made")
    try:
        steps = pending(database_url(folder, chosen))
    except (DatabaseError, OSError) as error:
        return Finding("database", False, str(error), "see docs/operating.md, Backup and Upgrade")
    return Finding(
        "database", True, "up to date" if not steps else f"{len(steps)} steps behind: the next start upgrades it"
    )


def _roles(data_dir: Path, chosen: str) -> list[Finding]:
    """Whether each role has a server that lives, where servers share a database and some live."""
    if not chosen:
        return []

    async def look() -> Sequence[NodeNow]:
        store = Store(database_url(data_dir, chosen))
        try:
            return nodes_of(await store.leases.everything(), now_ms())
        finally:
            await store.close()

    try:
        nodes = asyncio.run(look())
    except Exception:  # the database says above what is wrong with it
        return []
    if not any(node.lives for node in nodes):
        return []
    counts = with_role(nodes)
    remedy = "start a server with it, or without REELROOM_ROLES"
    missing = [
        Finding(f"role {role}", False, f"no server has it: {WITHOUT[role]}", remedy, required=False)
        for role in ROLES
        if not counts[role]
    ]
    shown = ", ".join(f"{role} {count}" for role, count in counts.items())
    return missing or [Finding("roles", True, f"servers by role: {shown}")]


def _depot(depot: Depot | None) -> list[Finding]:
    if depot is None:
        return []
    try:
        asyncio.run(depot.try_out())
    except DepotError as error:
        return [Finding("depot", False, str(error), "see REELROOM_DEPOT and what belongs to it", required=False)]
    return [Finding("depot", True, "objects are created, read and removed", required=False)]


def _disk(folder: Path) -> Finding:
    try:
        free = shutil.disk_usage(_nearest(folder)).free
    except OSError as error:
        return Finding("disk", False, str(error.strerror), "look at the disk of the data directory", required=False)
    detail = f"{free / 1e9:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        remedy = "free some before recording, or set REELROOM_DATA_DIR to a folder on a larger disk"
        return Finding("disk", False, detail, remedy, required=False)
    return Finding("disk", True, detail, required=False)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    at = folder
    while not at.exists() and at != at.parent:
        at = at.parent
    return at
