"""TURN: what the engine is told, which settings go together, and what the doctor says of them."""

import datetime
import ipaddress
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reelroom.cli import turn
from reelroom.config import Settings, WrongSettings, read_settings
from reelroom.engine.local import _serves_as_well, engine_config
from reelroom.engine.turn import turn_config
from reelroom.keys import load_keys

NOW = datetime.datetime.now(datetime.UTC)
OVER_TLS: dict[str, Any] = {
    "host": "0.0.0.0",
    "media_address": "203.0.113.7",
    "turn_tls_port": 5349,
    "turn_domain": "turn.example.org",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A certificate of turn.example.org and *.example.net for 30 days, and its key."""
    folder = tmp_path_factory.mktemp("turn")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=x"]
    command += ["-addext", "subjectAltName=DNS:turn.example.org,DNS:*.example.net"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return {"turn_certificate": folder / "cert.pem", "turn_key": folder / "key.pem"}


def test_without_its_settings_there_is_none(tmp_path: Path) -> None:
    assert turn_config(Settings()) == {}
    assert "turn" not in engine_config(Settings(data_dir=tmp_path), load_keys(tmp_path))


def test_tls_ends_at_the_engine_or_before_it(files: dict[str, Path]) -> None:
    there = turn_config(Settings(**OVER_TLS))
    assert (there["domain"], there["tls_port"], there["external_tls"]) == ("turn.example.org", 5349, True)
    assert "udp_port" not in there
    here = turn_config(Settings(**OVER_TLS, **files, turn_udp_port=3478))
    assert (here["cert_file"], here["key_file"]) == tuple(map(str, files.values()))
    assert (here["udp_port"], "external_tls" in here) == (3478, False)


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.5", "2001:db8::7"])
def test_it_leads_to_the_engine_and_nowhere_else(address: str) -> None:
    config = turn_config(Settings(**OVER_TLS | {"media_address": address}))
    denied = [ipaddress.ip_network(each) for each in config["deny_peer_cidrs"]]
    own = ipaddress.ip_address(address)
    assert config["allow_restricted_peer_cidrs"] == [str(ipaddress.ip_network(address))]
    assert not any(own in each for each in denied)
    for other in (own - 1, own + 1, *map(ipaddress.ip_address, ("127.0.0.1", "198.51.100.1", "::1", "2001:db8::1"))):
        assert any(other in each for each in denied), other


def test_a_server_of_this_machine_alone_has_it_on_its_addresses() -> None:
    settings = Settings(
        **OVER_TLS | {"host": "127.0.0.1", "engine_addresses": "10.0.0.5", "media_address": "10.0.0.5"}
    )
    assert turn_config(settings)["bind_addresses"] == ["127.0.0.1", "10.0.0.5"]


@pytest.mark.parametrize("address", ["203.0.113.7", "discover", ""])
def test_the_address_of_media_is_told_or_found(tmp_path: Path, address: str) -> None:
    settings = Settings(data_dir=tmp_path, host="0.0.0.0", media_address=address)
    rtc = engine_config(settings, load_keys(tmp_path))["rtc"]
    assert rtc["use_external_ip"] == (address == "discover")
    assert rtc.get("node_ip") == ("203.0.113.7" if address == "203.0.113.7" else None)


def test_media_is_taken_where_its_address_leads(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)

    def ips(**settings: Any) -> Any:
        return engine_config(Settings(data_dir=tmp_path, **settings), keys)["rtc"].get("ips")

    here: dict[str, Any] = {"host": "0.0.0.0", "media_address": "203.0.113.7"}
    assert ips(**here) is None
    assert ips(**here, engine_addresses="10.0.0.5") == {"includes": ["10.0.0.5/32"]}
    assert ips(media_address="10.0.0.5", engine_addresses="10.0.0.5") == {"includes": ["10.0.0.5/32"]}
    assert ips(engine_addresses="10.0.0.5") == {"includes": ["127.0.0.1/32", "10.0.0.5/32"]}
    assert ips() == {"includes": ["127.0.0.1/32"]}


def test_an_engine_that_has_another_turn_is_not_kept(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    plain = Settings(data_dir=tmp_path, host="0.0.0.0", media_address="203.0.113.7")
    with_turn = Settings(data_dir=tmp_path, **OVER_TLS)
    for before, after in ((plain, with_turn), (with_turn, plain)):
        assert not _serves_as_well(engine_config(before, keys), engine_config(after, keys))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"media_address": ""}, "TURN needs REELROOM_MEDIA_ADDRESS"),
        ({"media_address": "discover"}, "TURN needs REELROOM_MEDIA_ADDRESS"),
        ({"media_address": "media.example.org"}, "neither an IP address nor 'discover'"),
        ({"turn_domain": ""}, "needs REELROOM_TURN_DOMAIN"),
        ({"turn_domain": "203.0.113.7:443"}, "needs REELROOM_TURN_DOMAIN"),
        ({"turn_key": "key.pem"}, "belong together"),
        ({"turn_tls_port": 7880}, "is taken"),
        ({"turn_udp_port": 7882}, "is taken"),
    ],
)
def test_settings_that_do_not_go_together_are_said(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongSettings, match=words):
        read_settings(**OVER_TLS | changes)


def test_the_doctor_is_content_with_what_is_whole(files: dict[str, Path]) -> None:
    (found,) = turn.examine(Settings(**OVER_TLS, **files, turn_udp_port=3478), NOW)
    assert (found.name, found.ok) == ("TURN certificate", True), found
    assert turn.examine(Settings(), NOW) == []


@pytest.mark.parametrize(
    ("domain", "days", "ok", "required", "words"),
    [
        ("a.example.net", 0, True, True, "of a.example.net"),
        ("a.b.example.net", 0, False, True, "is not of a.b.example.net"),
        ("turn.example.com", 0, False, True, "is not of turn.example.com"),
        ("turn.example.org", 25, False, False, "holds until"),
        ("turn.example.org", 31, False, True, "holds until"),
    ],
)
def test_the_doctor_reads_the_certificate(
    files: dict[str, Path], domain: str, days: int, ok: bool, required: bool, words: str
) -> None:
    settings = Settings(**OVER_TLS | {"turn_domain": domain}, **files)
    found = turn.examine(settings, NOW + datetime.timedelta(days=days))[-1]
    assert (found.ok, found.required, words in found.detail) == (ok, required, True), found
    assert found.ok or found.remedy


def test_the_doctor_says_when_a_certificate_is_none(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("nonsense")
    for name in ("nowhere.pem", "broken.pem"):
        settings = Settings(**OVER_TLS | files | {"turn_certificate": tmp_path / name})
        found = turn.examine(settings, NOW)[-1]
        assert not found.ok
        assert name in found.detail
        assert "REELROOM_TURN_KEY" in found.remedy
