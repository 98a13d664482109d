"""The calls of a round, written in bulk from a plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from app.db.copying import copy_rows


@dataclass(frozen=True)
class NewRewrite:
    """One call to make, in plan order."""

    ordinal: int
    seed_id: int | None
    parent_id: int | None
    payload: dict[str, Any]
    max_tokens: int
    reserve_tokens: int


AT_ONCE = 50_000
"""Rows of one COPY: two seconds."""
COLUMNS = (
    ("kind", "text"),
    ("job_id", "int8"),
    ("round_id", "int8"),
    ("ordinal", "int8"),
    ("seed_id", "int8"),
    ("parent_id", "int8"),
    ("payload", "jsonb"),
    ("max_tokens", "int4"),
    ("reserve_tokens", "int8"),
)


def put(session: Session, job_id: int, round_id: int, rewrites: Iterable[NewRewrite], *, kind: str = "rewrite") -> int:
    """COPY the units of a round; returns how many. A million of them in one statement would pass its time limit."""
    rows = (_row(kind, job_id, round_id, rewrite) for rewrite in rewrites)
    total = 0
    while count := copy_rows(session, "units", COLUMNS, islice(rows, AT_ONCE)):
        total += count
    return total


def _row(kind: str, job_id: int, round_id: int, rewrite: NewRewrite) -> tuple[object, ...]:
    return (
        kind,
        job_id,
        round_id,
        rewrite.ordinal,
        rewrite.seed_id,
        rewrite.parent_id,
        Jsonb(rewrite.payload, dumps=orjson.dumps),
        rewrite.max_tokens,
        rewrite.reserve_tokens,
    )
