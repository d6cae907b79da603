"""A private PostgreSQL cluster for tests, reached through a socket in a folder of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg


def _program(name: str) -> str:
    """Debian keeps the server's programs out of the PATH."""
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise FileNotFoundError(f"{name} is missing: `make tools` brings PostgreSQL")
    return found


def _whose() -> str:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Cluster:
    """Databases by name, each a copy of a template."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._count = 0

    def url(self, name: str) -> str:
        """As REELROOM_DATABASE_URL has it."""
        return f"postgresql://reelroom@/{name}?host={self._sockets}"

    def url_at(self, address: str, name: str) -> str:
        """The same, for who comes over the network."""
        return f"postgresql://reelroom@{address}/{name}"

    def process(self) -> psutil.Process:
        """The one whose children answer."""
        return psutil.Process(int((self._sockets / "data" / "postmaster.pid").read_text().split()[0]))

    def database(self, template: str = "template0") -> str:
        """The name of a new database."""
        self._count += 1
        name = f"test_{self._count}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}".encode())
        return name


@contextmanager
def cluster(address: str = "", network: str = "") -> Iterator[Cluster]:
    """One that runs meanwhile; at an `address`, too, to who comes from that `network`."""
    folder = Path(tempfile.mkdtemp(prefix="reelroom-pg-"))
    user = _whose()
    as_user = {"user": user, "cwd": "/"} if os.geteuid() == 0 else {"cwd": "/"}
    shutil.chown(folder, user)
    folder.chmod(0o755)
    initdb = [
        _program("initdb"),
        "-D",
        str(folder / "data"),
        "-A",
        "trust",
        "-U",
        "reelroom",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run([*initdb, "--locale=C"], check=True, capture_output=True, **as_user)  # type: ignore[call-overload]
    if network:
        with (folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
    options = f"-c listen_addresses='{address}' -c unix_socket_directories={folder} -c fsync=off"
    options += " -c max_connections=200"
    control = [_program("pg_ctl"), "-D", str(folder / "data"), "-w"]
    log = ["-l", str(folder / "log"), "-o", options]
    subprocess.run([*control, *log, "start"], check=True, stdout=subprocess.DEVNULL, **as_user)  # type: ignore[call-overload]
    try:
        yield Cluster(folder)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, **as_user)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)
