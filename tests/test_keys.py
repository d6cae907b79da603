"""The server's secrets: made once, for their owner's eyes only."""

import json
import os
from pathlib import Path

import pytest

from reelroom.keys import load_keys


def test_keys_are_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    keys = load_keys(tmp_path / "data")
    assert load_keys(tmp_path / "data") == keys
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["keys.json"]


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_keys(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_every_server_has_its_own(tmp_path: Path) -> None:
    one, other = load_keys(tmp_path / "one").model_dump(), load_keys(tmp_path / "other").model_dump()
    assert [name for name in one if one[name] == other[name]] == []


def test_keys_are_long_enough_for_what_they_open(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert len(keys.engine_secret) >= 32, "LiveKit refuses shorter ones"
    assert len({keys.engine_secret, keys.api_secret, keys.link_secret, keys.callback_secret}) == 4
    assert len(keys.link_secret) == len(keys.callback_secret) == 64
    assert str(int(keys.api_key)) == keys.api_key, "a project id is a number"


def test_their_secrets_are_not_printed(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    for secret in (keys.engine_secret, keys.api_secret, keys.link_secret, keys.callback_secret):
        assert secret not in repr(keys)
        assert secret not in str(keys)
        assert secret not in f"{[keys]}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\0" * 200, b'{"api_key": "1"}', b"\xff\xfe"])
def test_a_broken_file_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path} is broken"):
        load_keys(tmp_path)
    assert path.read_bytes() == content


def test_the_error_of_a_broken_file_holds_no_secret(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"api_secret": keys.api_secret}))
    with pytest.raises(ValueError, match="is broken") as caught:
        load_keys(tmp_path)
    assert keys.api_secret not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_start_that_was_killed_while_it_wrote_is_not_in_the_way(tmp_path: Path) -> None:
    """In a container the next start has the same process id."""
    partial = tmp_path / f"keys.json.{os.getpid()}.partial"
    partial.write_text('{"engine_key": "RR')
    load_keys(tmp_path)
    assert not partial.exists()


def test_more_in_the_file_does_no_harm(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({**keys.model_dump(), "of_a_later_version": 1}))
    assert load_keys(tmp_path) == keys
