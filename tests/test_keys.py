"""The server's secrets: made once, for their owner's eyes only."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from reelroom.keys import load_keys
from reelroom.roles.secrets import own_keys
from reelroom.store.schema import database_url, prepare


def test_keys_are_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    keys = load_keys(tmp_path / "data")
    assert load_keys(tmp_path / "data") == keys
    assert sorted(each.name for each in (tmp_path / "data").iterdir()) == ["keys.json", "keys.json.bak"]


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_keys(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys.json.bak").stat().st_mode & 0o777 == 0o600


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


BROKEN = [b"", b"{", b"[]", b"\0" * 200, b'{"api_key": "1"}', b"\xff\xfe"]


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_is_restored_from_its_copy(tmp_path: Path, content: bytes) -> None:
    keys = load_keys(tmp_path)
    (tmp_path / "keys.json").write_bytes(content)
    assert load_keys(tmp_path) == keys
    assert (tmp_path / "keys.json.broken").read_bytes() == content
    (tmp_path / "keys.json.bak").unlink()
    assert load_keys(tmp_path) == keys
    assert (tmp_path / "keys.json.bak").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_gone_is_restored_from_its_copy(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    (tmp_path / "keys.json").unlink()
    assert load_keys(tmp_path, may_make=lambda: False) == keys


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_copy_is_made_anew(tmp_path: Path, content: bytes) -> None:
    keys = load_keys(tmp_path)
    (tmp_path / "keys.json.bak").write_bytes(content)
    assert load_keys(tmp_path) == keys
    assert (tmp_path / "keys.json.bak").read_bytes() == (tmp_path / "keys.json").read_bytes()


@pytest.mark.parametrize("content", BROKEN)
def test_where_both_are_broken_both_are_left_alone(tmp_path: Path, content: bytes) -> None:
    path, copy = tmp_path / "keys.json", tmp_path / "keys.json.bak"
    path.write_bytes(content)
    copy.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path} is broken, and so is its copy keys.json.bak: restore either"):
        load_keys(tmp_path)
    assert (path.read_bytes(), copy.read_bytes()) == (content, content)


def test_no_new_keys_where_rooms_need_the_old_ones(tmp_path: Path) -> None:
    prepare(tmp_path, database_url(tmp_path))
    own_keys(tmp_path)  # nobody has been here: keys may be made
    with sqlite3.connect(tmp_path / "reelroom.db") as database:
        database.execute("insert into sessions (id, created_at, project) values ('s', 1, 'p')")
    for name in ("keys.json", "keys.json.bak"):
        (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=r"is missing, and so is its copy keys\.json\.bak: restore either"):
        own_keys(tmp_path)
    assert not (tmp_path / "keys.json").exists()


def test_the_error_of_a_broken_file_holds_no_secret(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    for name in ("keys.json", "keys.json.bak"):
        (tmp_path / name).write_text(json.dumps({"api_secret": keys.api_secret}))
    with pytest.raises(ValueError, match="is broken") as caught:
        load_keys(tmp_path)
    assert keys.api_secret not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_start_that_was_killed_while_it_wrote_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "keys.json.partial").write_text('{"engine_key": "RR')
    load_keys(tmp_path)
    assert not (tmp_path / "keys.json.partial").exists()


def test_more_in_the_file_does_no_harm(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({**keys.model_dump(), "of_a_later_version": 1}))
    assert load_keys(tmp_path) == keys
