"""Columns that many tables have, said once."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

Json = dict[str, Any]
"""A JSON object as SQLAlchemy hands it over."""


def id_column() -> Mapped[int]:
    """The generated primary key."""
    return mapped_column(BigInteger, Identity(), primary_key=True)


def now_column() -> Mapped[datetime]:
    """When the row was made, by the database's clock."""
    return mapped_column(TIMESTAMP(timezone=True), server_default=func.now())


def when_column() -> Mapped[datetime | None]:
    """A moment that may not have come."""
    return mapped_column(TIMESTAMP(timezone=True))


def to_column(column: str, *, index: bool = False) -> Any:
    """A reference that is deleted with what it points to."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), index=index)


def json_column() -> Any:
    """A JSON object, empty by default."""
    return mapped_column(JSONB, server_default=sql("'{}'::jsonb"))


def count_column() -> Mapped[int]:
    """A count or an amount, from 0."""
    return mapped_column(BigInteger, server_default=sql("0"))


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK that a column holds one of some words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)
