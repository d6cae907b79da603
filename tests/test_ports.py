"""Ports that something else listens on are said, by the doctor and by a server that would start on them."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reelroom.cli import binaries
from reelroom.cli.main import cli
from reelroom.cli.ports import engine_ports, own_ports, telephone_ports
from reelroom.config import Settings

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
TURN = {"media_address": "127.0.0.1", "turn_domain": "turn.example.org"}


def free(kind: socket.SocketKind) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=[TCP, UDP], ids=["TCP", "UDP"])
def held(request: pytest.FixtureRequest) -> Iterator[tuple[socket.SocketKind, int]]:
    with socket.socket(type=request.param) as holder:
        holder.bind(("127.0.0.1", 0))
        if request.param == TCP:
            holder.listen()
        yield request.param, holder.getsockname()[1]


CHOSEN: list[tuple[socket.SocketKind, str, dict[str, Any]]] = [
    (TCP, "port", {}),
    (TCP, "engine_port", {}),
    (UDP, "rtc_port", {}),
    (TCP, "rtc_tcp_port", {}),
    (TCP, "turn_tls_port", TURN),
    (UDP, "turn_udp_port", TURN),
]


def settings_with(name: str, number: int, more: dict[str, Any]) -> dict[str, Any]:
    others = {"port": free(TCP), "engine_port": free(TCP), "rtc_port": free(UDP)}
    return others | {"rtc_tcp_port": free(TCP)} | more | {name: number}


@pytest.mark.parametrize(("kind", "name", "more"), CHOSEN, ids=[name for _, name, _ in CHOSEN])
def test_no_server_starts_on_a_port_that_is_taken(
    held: tuple[socket.SocketKind, int],
    kind: socket.SocketKind,
    name: str,
    more: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A port of UDP does not stand in the way of one of TCP."""
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").touch()
    (tmp_path / "engine").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "engine").chmod(0o755)
    for variable in (binaries.ENGINE_VARIABLE, binaries.TAP_VARIABLE):
        monkeypatch.setenv(variable, str(tmp_path / "engine"))
    monkeypatch.setenv(binaries.PAGE_VARIABLE, str(tmp_path / "page"))
    chosen = settings_with(name, held[1], more)
    for each, value in chosen.items():
        monkeypatch.setenv(f"REELROOM_{each.upper()}", str(value))
    settings = Settings(**chosen)
    wrong = [each for each in own_ports(settings) + engine_ports(settings) if not each.examine().ok]
    assert [each.variable for each in wrong] == ([f"REELROOM_{name.upper()}"] if held[0] == kind else [])
    if wrong:
        done = CliRunner().invoke(cli, ["serve", "--data-dir", str(tmp_path / "data")])
        said = " ".join(done.output.split())
        assert done.exit_code == 1
        assert f"127.0.0.1:{held[1]}" in said and f"or set REELROOM_{name.upper()} to a free one" in said


def test_where_telephones_call_in_is_looked_at(held: tuple[socket.SocketKind, int]) -> None:
    found = [each.examine() for each in telephone_ports(Settings(sip_listen=f"127.0.0.1:{held[1]}"))]
    assert [each.ok for each in found] == [held[0] != UDP, held[0] != TCP]
    assert telephone_ports(Settings()) == []
