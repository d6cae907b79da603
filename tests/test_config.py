"""What can be set, and what follows from it."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from reelroom.config import Settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("REELROOM_")]:
        monkeypatch.delenv(name)


def test_without_configuration_it_is_reached_from_this_machine_only() -> None:
    settings = Settings()
    assert settings.loopback
    assert settings.base_url == settings.own_url == "http://127.0.0.1:8080"
    assert settings.engine_public_url == settings.engine_own_url == "ws://127.0.0.1:7880"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("10.1.2.3", False)],
)
def test_which_hosts_are_loopback(host: str, loopback: bool) -> None:
    assert Settings(host=host).loopback is loopback


def test_the_environment_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELROOM_PORT", "9000")
    monkeypatch.setenv("REELROOM_DATA_DIR", "/srv/reelroom")
    monkeypatch.setenv("REELROOM_PUBLIC_URL", "https://rooms.example.org/")
    settings = Settings()
    assert (settings.port, settings.data_dir) == (9000, Path("/srv/reelroom"))
    assert settings.base_url == "https://rooms.example.org"
    assert settings.own_url == "http://127.0.0.1:9000"


def test_arguments_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELROOM_PORT", "9000")
    assert Settings(port=9001).port == 9001


def test_other_variables_of_ours_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELROOM_TAP_TOKEN", "secret")
    assert "secret" not in repr(Settings())


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", 0), ("port", 65536), ("engine_port", -1), ("link_seconds", 0), ("token_seconds", "x")],
)
def test_impossible_values_are_named(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


@pytest.mark.parametrize(
    ("host", "base", "own"),
    [
        ("0.0.0.0", "http://0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("::", "http://[::]:8080", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080", "http://[::1]:8080"),
        ("10.1.2.3", "http://10.1.2.3:8080", "http://10.1.2.3:8080"),
    ],
)
def test_addresses(host: str, base: str, own: str) -> None:
    settings = Settings(host=host)
    assert (settings.base_url, settings.own_url) == (base, own)
    assert settings.engine_own_url == "ws://127.0.0.1:7880"


def test_the_engines_address_for_browsers_can_be_another() -> None:
    assert Settings(engine_url="wss://media.example.org").engine_public_url == "wss://media.example.org"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1
