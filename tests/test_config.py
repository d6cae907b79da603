"""What can be set, and what follows from it."""

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from reelroom.config import Settings, WrongSettings, read_settings, unknown_names


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
    monkeypatch.setenv("REELROOM_TAP_TOKEN", "known-to-few")
    assert "known-to-few" not in repr(Settings())


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


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REELROOM_LOG_LEVEL", "loud", "REELROOM_LOG_LEVEL is 'loud', and should be 'debug', 'info', 'warning' or"),
        (
            "REELROOM_LONGEST_SECOND",
            "5",
            "There is no setting REELROOM_LONGEST_SECOND: did you mean REELROOM_LONGEST_SEC",
        ),
        ("reelroom_prot", "5", "There is no setting reelroom_prot: did you mean REELROOM_PORT?"),
        ("REELROOM_XYZ", "5", "There is no setting REELROOM_XYZ: README.md lists all there are"),
        ("REELROOM_PORT", "7880", "REELROOM_PORT and REELROOM_ENGINE_PORT are both 7880: each needs its own"),
        ("REELROOM_PORT", "70000", "REELROOM_PORT is '70000', and should be less than or equal to 65535"),
        ("REELROOM_ALLOWED_ORIGINS", "https://x", "REELROOM_ALLOWED_ORIGINS is not a JSON list, such as"),
    ],
)
def test_wrong_settings_are_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as caught:
        read_settings()
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELROOM_PORTT", "1")
    monkeypatch.setenv("REELROOM_DATADIR", "x")
    with pytest.raises(WrongSettings, match=r"REELROOM_DATADIR.*; There is no setting REELROOM_PORTT"):
        read_settings()


@pytest.mark.parametrize("level", ["INFO", "Debug", "warning"])
def test_a_level_may_be_written_in_capitals(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setenv("REELROOM_LOG_LEVEL", level)
    assert read_settings().log_level == level.lower()


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELROOM_PORT", "9000")
    monkeypatch.setenv("REELROOM_TAP_BINARY", "/usr/bin/tap")
    assert read_settings(port=9001).port == 9001


def test_every_variable_that_the_code_knows_is_known_here() -> None:
    """House rule: a name beside the settings is listed, or a server with it would not start."""
    source = Path(__file__).parents[1] / "src"
    names = {name for file in source.rglob("*.py") for name in re.findall(r"REELROOM_[A-Z_]*[A-Z]", file.read_text())}
    assert unknown_names(names) == []


def test_the_readme_has_every_setting() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    missing = [name for name in Settings.model_fields if f"`REELROOM_{name.upper()}`" not in readme]
    assert not missing


def test_recordings_wait_until_another_server_can_go_on_with_them() -> None:
    shared = {"database_url": "postgresql://here/reelroom"}
    for wrong in ({"lease_seconds": 60}, {"lease_seconds": 300}, {"orphan_seconds": 24}):
        with pytest.raises(WrongSettings, match=r"recordings would end before .* Set it to \d+ or more"):
            read_settings(**shared, **wrong)
    assert read_settings(**shared, lease_seconds=55).orphan_seconds == 60
    assert read_settings(orphan_seconds=0).orphan_seconds == 0, "nobody else goes on"
