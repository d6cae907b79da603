"""On PostgreSQL, too, an upgrade that is killed at any statement has changed nothing."""

import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reelroom.store.schema import DatabaseError, database_url, migrate, pending
from tests.postgres import Cluster
from tests.test_schema_upgrade import in_child, migrate_until

_ROWS = """
    insert into sessions values ('s', 1);
    insert into takes (id, session_id, created_at) values ('t', 's', 1);
    insert into archives values ('a', 's', null, 't', 'demo', 'available', '', '1280x720', 1, 2, 3, 4, '', 5, 6);
"""
_QUERIES = (
    "select table_name, column_name, data_type, is_nullable, character_maximum_length from information_schema.columns"
    " where table_schema = 'public' order by 1, 2",
    "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1",
    "select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace"
    " order by 1",
)


def schema_and_rows(url: str) -> list[Any]:
    """What a database is, and what of the rows above it holds."""
    with psycopg.connect(url) as connection:
        found = [connection.execute(query.encode()).fetchall() for query in _QUERIES]
        for table in sorted({row[0] for row in found[0]} & {"alembic_version", "sessions", "takes", "archives"}):
            found.append(connection.execute(f"select * from {table}".encode()).fetchall())
    return found


def prepared(postgres: Cluster, begin: str) -> str:
    """The address of a new database."""
    url = postgres.url(postgres.database())
    if begin != "nothing":
        migrate(database_url(Path(), url), "0001")
        with psycopg.connect(url) as connection:
            connection.execute(_ROWS)
    return url


@pytest.mark.parametrize(
    "apart", [pytest.param(1, id="any", marks=pytest.mark.slow), pytest.param(7, id="each seventh")]
)
@pytest.mark.parametrize("begin", [pytest.param("nothing", marks=pytest.mark.slow), "the first version"])
def test_an_upgrade_that_is_killed_at_any_statement_goes_on_at_the_next_start(
    postgres: Cluster, begin: str, apart: int
) -> None:
    address = prepared(postgres, begin)
    url = database_url(Path(), address)
    before, steps = schema_and_rows(address), pending(url)
    fatal = 1
    while (code := in_child(migrate_until, url, fatal)) != 0:
        assert code == -signal.SIGKILL
        assert schema_and_rows(address) == before, fatal
        fatal += apart
    assert fatal > 60  # else the hooks counted nothing
    assert steps and pending(url) == []
    other = prepared(postgres, begin)
    migrate(database_url(Path(), other))
    assert schema_and_rows(address) == schema_and_rows(other) != before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("update alembic_version set version_num = '9999'", "is of a newer Reelroom (schema 9999)"),
        ("delete from alembic_version", "is half made by an earlier version"),
        ("drop table sessions cascade", "its tables are missing"),
        ("drop table alembic_version", "is another program's"),
    ],
    ids=["newer", "no-version", "no-tables", "foreign"],
)
def test_a_database_that_is_not_ours_is_one_sentence_and_stays_as_it_is(
    postgres: Cluster, damage: str, words: str
) -> None:
    address = prepared(postgres, "the first version")
    with psycopg.connect(address) as connection:
        connection.execute(damage.encode())
    before = schema_and_rows(address)
    with pytest.raises(DatabaseError) as refused:
        migrate(database_url(Path(), address))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert schema_and_rows(address) == before
