"""Kinds of columns and of indexes that several tables have."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, String, text


def key(name: str = "id", length: int = 36) -> Column[Any]:
    """What a row is found by."""
    return Column(name, String(length), primary_key=True)


def time(name: str, *, null: bool = False, **more: Any) -> Column[Any]:
    """A moment."""
    return Column(name, BigInteger, nullable=null, **more)


def words(name: str, length: int, *, null: bool = False, **more: Any) -> Column[Any]:
    """A text of at most so many characters."""
    return Column(name, String(length), nullable=null, **more)


def yes_or_no(name: str) -> Column[Any]:
    """A truth."""
    return Column(name, Boolean, nullable=False)


def one_at_a_time(name: str, where: str, *columns: str) -> Index:
    """One row at most, of those with the same columns, is in a state: `where`, in SQL."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))
